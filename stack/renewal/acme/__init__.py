"""Certificates from an authority, got with certbot."""
