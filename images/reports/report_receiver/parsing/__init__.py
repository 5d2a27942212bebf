"""Reads what strangers wrote: a message, an archive in it, a report in that."""
