"""One update: fetched from the channels, compiled, tried, and put to use."""
