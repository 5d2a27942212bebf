"""The settings for outgoing mail."""
