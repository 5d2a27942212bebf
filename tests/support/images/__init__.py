"""What the tests of the images share: a fake spamd, a DNS zone, requests, a kill."""
