"""Updates of SpamAssassin's rules: sets of rules, and which is in use."""
