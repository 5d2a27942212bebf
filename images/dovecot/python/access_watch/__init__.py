"""Ends the sessions of who may not log in any more, and tells whether logins work."""
