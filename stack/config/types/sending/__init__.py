"""The types of the settings for outgoing mail."""
