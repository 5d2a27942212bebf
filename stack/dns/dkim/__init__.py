"""The DKIM keys of each domain: their files, which of them sign, what the DNS shows."""
