"""What other servers have reported on our mail and on our TLS."""
