"""What the containers have logged."""
