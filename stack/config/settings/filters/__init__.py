"""What incoming mail has to pass, in its order: a topic of settings each."""
