"""Programs for a container beside the server: the standard library is all they take."""
