"""What signer and verifier share as milters: log, replies, memory, one session."""
