"""Keeps spamd running, with as many children as the container may have."""
