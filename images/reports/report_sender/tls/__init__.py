"""Reports about the encryption of mail to a domain (RFC 8460)."""
