"""What users teach Bayes: taken on a socket, kept on disk, given to spamd."""
