"""Sends DMARC and TLS reports, once a day, to the domains that ask for them."""
