"""What is done with mail that isn't proven to be its author's."""

from pydantic import BaseModel

from stack.config.types.names import Domains
from stack.config.types.text import DMARCPolicy


class Dmarc(BaseModel, use_attribute_docstrings=True):
    """DMARC, and whom it trusts."""

    dmarc_policy: DMARCPolicy = "refuse"
    """What is done with mail that isn't proven (SPF, DKIM) to be of the domain in its
    From, when that domain's owner wants such mail refused or put aside (DMARC). refuse:
    as the owner says. mark: into Junk, and nothing is refused. off: the verdict is only
    told in the headers, so that forged mail comes in."""

    trusted_forwarders: Domains = ()
    """Domains of mailing lists and forwarders that pass on what others wrote, with
    commas between. What SPF or DKIM proves to come from one of them, or a name below,
    is taken whatever its From says: they must not let forgers in."""

    arc_trusted_sealers: Domains = ()
    """Domains that are believed when their ARC seal (RFC 8617) says that DMARC passed
    when they got a message, although what they changed broke the proof; with commas
    between. Who is named here can send you mail in anybody's name."""
