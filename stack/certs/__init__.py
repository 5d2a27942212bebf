"""Certificates with their keys: made, read, judged. No file is written here."""
