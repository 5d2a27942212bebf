"""Ends the sessions of revoked passwords, and reports whether logins work."""
