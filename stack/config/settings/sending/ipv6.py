"""Whether mail leaves on IPv6."""

from pydantic import BaseModel

from stack.config.types.networks import AutoYesOrNo, NamesMatch


class SendingIpv6(BaseModel, use_attribute_docstrings=True):
    """Outgoing mail on IPv6."""

    send_ipv6: AutoYesOrNo = "auto"
    """Whether mail is sent on IPv6, too, where the ports are open on IPv6. auto: only
    if the reverse DNS (PTR) of PUBLIC_IPV6 is MAIL_HOSTNAME, and MAIL_HOSTNAME has
    PUBLIC_IPV6 as an AAAA record; large receivers refuse mail from other IPv6
    addresses. `stack init` looks, and `stack status` says what it has found. yes: even
    if not. no: on IPv4 only; then mail for a domain whose servers have only IPv6 goes
    back to its sender."""

    ipv6_names: NamesMatch = ""
    """Written by `stack init`: whether PTR and AAAA record of PUBLIC_IPV6 match
    MAIL_HOSTNAME, as SEND_IPV6 wants it."""
