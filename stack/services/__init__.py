"""What the services spamassassin, web and reports are told, and what they know."""
