"""Compares the records to publish with those that the DNS has."""
