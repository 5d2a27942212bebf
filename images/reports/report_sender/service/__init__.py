"""What runs: one part collects results, the other sends reports when a day is over."""
