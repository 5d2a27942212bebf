"""Commands for domains, users, aliases and rights to send."""
