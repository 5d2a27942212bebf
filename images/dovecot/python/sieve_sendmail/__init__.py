"""Dovecot's sendmail(1): passes the mail that Sieve scripts send to Postfix."""
