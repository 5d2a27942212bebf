"""Where mail for an address goes next, and how far."""
