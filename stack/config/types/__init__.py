"""
What the values in .env may look like, and what they are read into: once, here.

pydantic would also take "25.0", "1_000" and "on". Compose reads the same keys and
passes them on as they are written, so there is one way to write each value.
"""
