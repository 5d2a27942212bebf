"""How a run of the end-to-end tests is set up, and what is removed after it."""
