"""The accounts database and the file of password hashes."""
