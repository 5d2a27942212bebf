"""The milter that asks spamd about each message of Postfix."""
