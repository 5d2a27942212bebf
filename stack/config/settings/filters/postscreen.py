"""Which clients are heard on port 25: postscreen(8)."""

from typing import Annotated

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types import blocklists
from stack.config.types.blocklists import Blocklist, Dnsbl
from stack.config.types.networks import Networks
from stack.config.types.numbers import whole
from stack.config.types.text import YesOrNo


class Postscreen(BaseModel, use_attribute_docstrings=True):
    """What a client passes before it is served."""

    greeting_delay: Annotated[int, whole(0, 10)] = 6
    """How many seconds a client on SMTP_PORT waits for our greeting, the first time in
    a day. Who talks before is refused: spam programs do, mail servers don't. The lists
    in DNSBL have as long to answer, and one that is later counts nothing. 0: nobody
    waits or is refused for it."""

    dnsbl: Dnsbl = (Blocklist("zen.spamhaus.org", "127.0.0.[2..11]"),)
    """DNS block lists: who is on one is refused on SMTP_PORT with its name. Each as
    zone, zone=ANSWERS*WEIGHT or a part of that, as in postconf(5) under
    postscreen_dnsbl_sites, without ;. A negative weight makes it an allow list: who has
    less than 0 in all is spared GREETING_DELAY and GREYLISTING. The operators of a list
    learn who writes to you, and may err; Spamhaus wants a contract from companies and
    from who asks much, and refuses to answer public resolvers: `stack status` tells.
    none: no list is asked."""

    dnsbl_threshold: Annotated[int, whole(1, 99)] = 1
    """From what sum of the weights in DNSBL on a client is refused. At 1, one list is
    enough."""

    greylisting: YesOrNo = False
    """Tell each client that is new on SMTP_PORT to come again (yes), which spam
    programs often don't. It delays the first mail of each server by minutes, that of a
    provider with many addresses by hours, and that of all after a restart."""

    postscreen_allowlist: Networks = ()
    """Clients that are spared GREETING_DELAY, DNSBL and GREYLISTING: your monitoring,
    or a partner listed by mistake. Addresses and networks, with commas between. All
    spam from there reaches the other checks."""

    @field_validator("dnsbl_threshold")
    @classmethod
    def _within_reach(cls, score: int, info: ValidationInfo) -> int:
        # Missing here when it was found to be wrong already.
        highest = blocklists.highest(info.data.get("dnsbl", ()))
        if highest and score > highest:
            raise ValueError(f"must be at most {highest}: more isn't had on all lists")
        return score

    @property
    def list_zones(self) -> list[str]:
        """The lists in DNSBL, each once."""
        return list(dict.fromkeys(each.zone for each in self.dnsbl))
