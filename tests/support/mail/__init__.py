"""Messages, mailboxes, and senders here and elsewhere."""
