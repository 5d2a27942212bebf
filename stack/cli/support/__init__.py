"""What several commands share: arguments, output, passwords, sizes."""
