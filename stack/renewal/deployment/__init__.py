"""Deployment of certificates, checked on every mail port."""
