"""Checks where mail servers and mail programs of a domain are sent to."""
