"""What happens to mail that is not proven to come from its author's domain."""

from pydantic import BaseModel

from stack.config.types.names import Domains
from stack.config.types.text import DMARCPolicy


class Dmarc(BaseModel, use_attribute_docstrings=True):
    """The DMARC policy, and the domains that are exempt from it."""

    dmarc_policy: DMARCPolicy = "refuse"
    """What happens to mail that fails DMARC: neither SPF nor DKIM proves that it comes
    from the domain in From:. refuse: it is refused or filed into Junk, as the owner of
    that domain has published. mark: it is filed into Junk, and nothing is refused. off:
    the result is only written into the headers, so forged mail comes in."""

    trusted_forwarders: Domains = ()
    """Domains of mailing lists and forwarders that pass on mail of others, separated by
    commas. If SPF or DKIM proves that a message comes from one of them or from a name
    below one, the message is accepted, whatever its From: says. So these servers must
    not let forgers in."""

    arc_trusted_sealers: Domains = ()
    """Domains whose ARC seals (RFC 8617) are believed, separated by commas. If such a
    seal says that a message passed DMARC on arrival there, the message passes here,
    although the sealer has changed it. Whoever controls one of these domains can send
    you mail in anybody's name."""
