"""Names of the internet: how they are written, and how they are looked up."""
