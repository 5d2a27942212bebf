"""A milter that has spamd judge each message before Postfix says 250."""
