"""What the command needs of the machine: files, programs, containers, errors."""
