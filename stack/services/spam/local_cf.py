"""The first text of var/spam/local.cf, the operator's own SpamAssassin rules."""

OWN_RULES = """\
# Your own SpamAssassin rules. They are read after all other rules, and no update
# changes them. A change is checked, and in use within a minute. If a line is wrong, the
# old rules stay, the container turns unhealthy, and its log names the line:
#     docker compose logs spamassassin
# The manual: https://spamassassin.apache.org/full/4.0.x/doc/Mail_SpamAssassin_Conf.html

# Welcome a sender whose domain is proven by SPF or DKIM:
#welcomelist_auth *@partner.example news@shop.example

# Block a sender:
#blocklist_from *@nuisance.example

# Change the score of a rule; 0 turns it off:
#score FREEMAIL_FROM 0.5

# A rule of your own:
#body     OWN_CASINO  /\\bonline casino\\b/i
#describe OWN_CASINO  Mentions an online casino
#score    OWN_CASINO  2.5
"""
