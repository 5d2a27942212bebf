"""Authorities, certificates and folders of certificates for tests."""
