"""The checks of incoming mail, in the order in which it passes them."""
