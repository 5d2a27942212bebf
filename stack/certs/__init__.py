"""Certificates and keys: made, read and checked. No module here writes files."""
