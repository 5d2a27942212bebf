"""How certbot asks for certificates: ACME (RFC 8555)."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from stack.config.types.text import parsed

CHALLENGES = ("standalone", "webroot", "manual")

# Those of certbot's own, which the image certs takes by their digests.
PLUGINS = (
    *("dns-rfc2136", "dns-cloudflare", "dns-digitalocean", "dns-dnsimple"),
    *("dns-dnsmadeeasy", "dns-gehirn", "dns-google", "dns-linode", "dns-luadns"),
    *("dns-nsone", "dns-ovh", "dns-route53", "dns-sakuracloud"),
)


def _directory(text: str) -> str:
    if not re.fullmatch(
        r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/@+-]*)?", text
    ):
        raise ValueError(text)
    return text


def _challenge(value: object) -> str:
    if value in (*CHALLENGES, *PLUGINS):
        return str(value)
    raise ValueError(
        f"must be {', '.join(CHALLENGES)} or {', '.join(PLUGINS)}; manual is for all"
        " other providers"
    )


def _profile(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]*", text):
        raise ValueError(text)
    return text


Directory = Annotated[
    str, parsed(_directory, "the https:// address of an ACME directory")
]
Challenge = Annotated[str, BeforeValidator(_challenge)]
Profile = Annotated[str, parsed(_profile, "the name of a profile, like tlsserver")]
