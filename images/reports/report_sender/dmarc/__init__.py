"""Aggregate reports about mail in the name of a domain (RFC 9990)."""
