"""Reports as other servers send them, and messages around them."""
