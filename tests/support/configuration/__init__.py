"""Changes of .env, templates and scripts of the copied project, for a while."""
