"""MTA-STS: how a domain wants mail to it protected, as it says by HTTPS (RFC 8461)."""
