"""The published ports, and what the server shows to browsers and other servers."""
