"""Takes the DMARC and TLS reports of other servers by LMTP, and keeps what they say."""
