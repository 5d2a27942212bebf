"""Commands for the server as a whole: its settings, its start, its state."""
