"""Certificates from an ACME authority, obtained with certbot."""
