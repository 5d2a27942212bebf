"""Authentication-Results (RFC 8601): the result of a signature, and the header."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mail_auth.dns.domain_names import a_labels

# Strangers choose these values, and readers trust the header. A value that is not
# plainly of its kind is left out, so that nothing needs quoting. No pattern allows a =,
# so that no value can hold the words that Sieve scripts look for (see DMARCVerdict).
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/?^_`{|}~-]*@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+"
)
_TAGS = {
    "d": _DOMAIN,
    "i": _ADDRESS,
    "s": re.compile(r"[A-Za-z0-9_.-]+"),
    "a": re.compile(r"[a-z0-9]+-[a-z0-9]+"),
    "b": re.compile(r"[A-Za-z0-9+/]{1,8}"),
}
_LONGEST = 255


class DKIMVerdict(NamedTuple):
    """A DKIM result (RFC 8601, section 2.7.1), its reason, the signature's tags."""

    result: str
    reason: str
    tags: Mapping[str, str] = {}

    def __str__(self) -> str:
        known = "".join(
            f" header.{name}={value}"
            for name, kind in _TAGS.items()
            if (value := _plain(kind, self.tags.get(name, "")))
        )
        return f"dkim={self.result} ({self.reason}){known}"


def quotable_tags(signature: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the tags of a *signature*, as text, that a verdict may quote."""
    tags = {}
    for name in _TAGS:
        value = signature.get(name.encode(), b"").decode("utf-8", "replace")
        tags[name] = re.sub(r"\s", "", value)
    # Eight characters tell signatures of one domain apart (RFC 6008).
    return {**tags, "d": a_labels(tags["d"]), "b": tags["b"][:8]}


def plain_domain(value: str) -> str:
    """Return *value* if it is plainly a domain in lower case, otherwise nothing."""
    return _plain(_DOMAIN, value)


def plain_address(value: str) -> str:
    """Return *value* if it is plainly an address, otherwise nothing."""
    return _plain(_ADDRESS, value)


def authentication_results(server: str, verdicts: Iterable[object]) -> str:
    """Return the value of an Authentication-Results header of *server*."""
    return "".join([server, *(f";\n\t{verdict}" for verdict in verdicts)])


def _plain(kind: re.Pattern[str], value: str) -> str:
    return value if len(value) <= _LONGEST and kind.fullmatch(value) else ""
