"""Limits on the cost of verifying one message: its sender chooses the headers."""

MAX_HEADERS = 1000

# Octets. dkimpy needs quadratic time for a header's length.
MAX_HEADER_OCTETS = 4096
