"""What the world must find in the DNS, and what it answers."""
