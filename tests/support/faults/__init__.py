"""What goes wrong on a bad day, done on purpose."""
