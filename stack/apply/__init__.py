"""What the daemons shall run with: planned, rendered, written, and taken by them."""
