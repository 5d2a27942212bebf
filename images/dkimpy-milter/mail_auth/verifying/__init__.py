"""Mode v: SPF, DKIM, DMARC and ARC of mail that comes in."""
