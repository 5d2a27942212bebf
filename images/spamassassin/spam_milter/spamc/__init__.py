"""SPAMC/1.5, spamd's protocol: its client's and its server's half, and how many ask."""
