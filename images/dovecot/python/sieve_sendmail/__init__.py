"""What Dovecot takes for sendmail(1): hands what Sieve scripts send to Postfix."""
