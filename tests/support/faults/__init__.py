"""Faults that tests cause: of services, accounts, disks and IPv6."""
