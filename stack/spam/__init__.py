"""What is spam to whom, and what the spam filter is asked and taught."""
