"""The renewal loop of the service certs, and its notices to the postmaster."""
