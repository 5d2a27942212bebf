"""How mail to other servers is protected on its way."""

from pydantic import BaseModel

from stack.config.types.sending.tls_policy import TLSPolicies


class Transport(BaseModel, use_attribute_docstrings=True):
    """Exceptions from what domains publish of DANE and MTA-STS."""

    tls_policy: TLSPolicies = ()
    """How mail to single domains is protected, whatever they publish, as domain=level,
    separated by commas. verify: the server has a certificate for its own name, by an
    authority that Debian trusts. dane: the server is proven by DANE. encrypt: the mail
    is encrypted, with any certificate, so an attacker on the way can pose as the server
    and read it. may: encrypted if the server offers that, so an attacker can switch
    encryption off. none: never encrypted. Mail that goes through a relay is protected
    as RELAY_TLS says. docs/transport.md tells when an exception is needed."""
