"""What the service certs does, look by look."""
