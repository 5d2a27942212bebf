"""What is counted until it is reported, and where it is kept."""
