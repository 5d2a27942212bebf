"""What Postfix makes of 8-bit text for a server that takes none (RFC 6152)."""
