"""Domains, users, aliases and rights to send, in one database."""
