"""Plans, renders and writes the configuration, and waits for the verdicts on it."""
