"""Answers Postfix's smtp_tls_policy_maps: how mail to a domain has to be protected."""
