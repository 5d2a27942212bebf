"""Domains, users and aliases: kept, looked up, and checked against each other."""
