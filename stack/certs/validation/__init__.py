"""Checks of certificates: would clients accept them, and which roots count."""
