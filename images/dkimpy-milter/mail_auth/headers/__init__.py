"""Headers of a message: addresses, Authentication-Results, long lines."""
