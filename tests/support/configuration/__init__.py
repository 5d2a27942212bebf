"""Changes to .env, templates and scripts of the copied project, and back."""
