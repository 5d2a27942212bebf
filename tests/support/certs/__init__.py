"""Certificates of the server: issued, imported, and seen by clients."""
