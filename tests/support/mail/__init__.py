"""Messages, and the people who send and receive them."""
