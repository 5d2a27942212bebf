"""Changes to what the name servers of the test world say, while they run."""
