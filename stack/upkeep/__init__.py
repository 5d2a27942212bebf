"""Certificates that stay valid: issued by an authority (ACME, RFC 8555), or brought."""
