"""SPF, DKIM, DMARC and ARC: messages to judge, and the verification of signatures."""
