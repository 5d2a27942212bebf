"""DMARC as of RFC 9989: whether a message may claim its author's domain."""
