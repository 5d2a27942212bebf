"""Certificates that stay valid: issued by an authority (ACME), or imported."""
