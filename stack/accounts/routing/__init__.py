"""Routing: which user or alias takes the mail for an address."""
