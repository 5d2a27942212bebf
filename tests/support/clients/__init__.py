"""Clients that talk SMTP and IMAP to the server command by command."""
