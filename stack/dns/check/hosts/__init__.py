"""Checks the names of hosts: addresses, and what authorities and clients look up."""
