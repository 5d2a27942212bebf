"""Mode s: what users may send, and DKIM signatures on it."""
