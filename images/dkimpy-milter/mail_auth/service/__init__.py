"""How the process is set up: configuration, libraries, health check."""
