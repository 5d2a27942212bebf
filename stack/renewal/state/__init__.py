"""What is remembered of each certificate between two looks, and when to look again."""
