"""spamd, a milter that has it judge each message, and the training of Bayes."""
