"""Asks the name servers of a zone."""
