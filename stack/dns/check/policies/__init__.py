"""Checks TXT records: who may send, how it is proven, and where reports go."""
