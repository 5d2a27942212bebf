"""The first text of var/spam/local.cf, the operator's own SpamAssassin rules."""

OWN_RULES = """\
# Your own word on what is spam. It is read after all other rules, and no update touches
# it. A change is checked and in use within a minute; one that is wrong changes nothing,
# turns the container unhealthy and is told with its line:
#     docker compose logs spamassassin
# All there is to say: https://spamassassin.apache.org/full/4.0.x/doc/Mail_SpamAssassin_Conf.html

# Believe a sender whose domain proves that it is he, by SPF or DKIM:
#welcomelist_auth *@partner.example news@shop.example

# Never believe this one:
#blocklist_from *@nuisance.example

# Make a rule count for more, for less, or not at all:
#score FREEMAIL_FROM 0.5

# A rule of your own:
#body     OWN_CASINO  /\\bonline casino\\b/i
#describe OWN_CASINO  Speaks of online casinos
#score    OWN_CASINO  2.5
"""
