"""
The types of settings: each parses the text of .env once, and writes it back.

pydantic would also accept "25.0", "1_000" and "on". Compose reads the same keys and
passes them on as they are written, so each value has one form.
"""
