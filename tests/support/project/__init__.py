"""Project folders for tests, and faults while one is written."""
