"""Training, rules and messages for the spam filter and the virus scanner."""
