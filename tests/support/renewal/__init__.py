"""A certbot of the tests, and what the real one prints."""
