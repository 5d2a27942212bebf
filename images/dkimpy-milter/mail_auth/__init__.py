"""Authenticates mail: signs by DKIM, or verifies SPF, DKIM, DMARC and ARC."""
