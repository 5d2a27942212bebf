"""What the name servers of the test world know."""
