"""Rewrites the senders of forwarded mail (SRS), and finds them again for bounces."""
