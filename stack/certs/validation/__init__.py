"""Which certificates clients would believe, and who vouches for them."""
