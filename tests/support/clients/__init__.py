"""Clients of the mail server that say what no mail program would."""
