"""The state of the resolver, and of what it asks."""
