"""The operator's command of the mail server."""

__version__ = "0.1.0"
