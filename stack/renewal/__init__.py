"""Renewal of certificates: from an ACME authority, or from an import folder."""
