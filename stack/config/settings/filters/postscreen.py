"""Which clients may talk to port 25: postscreen(8)."""

from typing import Annotated

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types import blocklists
from stack.config.types.blocklists import Blocklist, Dnsbl
from stack.config.types.networks import Networks
from stack.config.types.numbers import whole
from stack.config.types.text import YesOrNo


class Postscreen(BaseModel, use_attribute_docstrings=True):
    """The checks of a client before it reaches smtpd(8)."""

    greeting_delay: Annotated[int, whole(0, 10)] = 6
    """How many seconds a client on SMTP_PORT waits for the greeting, on its first
    connection in a day. A client that talks before the greeting is refused: spam
    programs do, mail servers don't. The lists in DNSBL must answer during this time, or
    they count nothing. 0: no client waits, or is refused for talking early."""

    dnsbl: Dnsbl = (Blocklist("zen.spamhaus.org", "127.0.0.[2..11]"),)
    """DNS block lists. A client that is listed is refused on SMTP_PORT, and told the
    name of the list. Each entry is zone=ANSWERS*WEIGHT, where =ANSWERS and *WEIGHT may
    be left out, as in postconf(5) under postscreen_dnsbl_sites, without ;. Entries are
    separated by commas. A negative weight makes an entry an allowlist: a client whose
    sum is below 0 is spared GREETING_DELAY and GREYLISTING. The operators of a list
    learn who writes to you, and lists contain errors. Spamhaus requires a contract from
    companies and heavy users, and refuses to answer public resolvers; `stack status`
    reports that. none: no list is asked."""

    dnsbl_threshold: Annotated[int, whole(1, 99)] = 1
    """The sum of weights in DNSBL from which a client is refused. At 1, one list is
    enough."""

    greylisting: YesOrNo = False
    """Tell each new client on SMTP_PORT to try again later (yes); spam programs often
    don't. It delays the first mail of each server by minutes, that of a provider with
    many addresses by hours, and after a restart the first mail of every server."""

    postscreen_allowlist: Networks = ()
    """Clients that are spared GREETING_DELAY, DNSBL and GREYLISTING: your monitoring,
    for example, or a partner who is on a block list by mistake. Addresses and networks
    of IPv4 and IPv6, separated by commas. All other checks still apply to their mail.
    """

    @field_validator("dnsbl_threshold")
    @classmethod
    def _within_reach(cls, score: int, info: ValidationInfo) -> int:
        # DNSBL is missing here if its value was refused.
        highest = blocklists.highest(info.data.get("dnsbl", ()))
        if highest and score > highest:
            raise ValueError(
                f"must be at most {highest}: a client on all lists has that sum"
            )
        return score

    @property
    def list_zones(self) -> list[str]:
        """The lists in DNSBL, each once."""
        return list(dict.fromkeys(each.zone for each in self.dnsbl))
