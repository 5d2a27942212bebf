"""Asks the name servers of a zone, and the resolver."""
