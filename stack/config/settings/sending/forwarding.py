"""Mail that aliases and Sieve scripts pass on to other servers."""

from pydantic import BaseModel

from stack.config.types.text import YesOrNo


class Forwarding(BaseModel, use_attribute_docstrings=True):
    """What is added to forwarded mail."""

    arc_seal: YesOrNo = False
    """Add an ARC seal (RFC 8617) of MAIL_DOMAIN to mail that aliases and Sieve scripts
    pass on to other servers. Leave it off unless a receiver asks for it: with the seal
    you vouch for what this server found out about the sender, also of spam that no
    filter has marked, and ARC is about to be declared historic."""
