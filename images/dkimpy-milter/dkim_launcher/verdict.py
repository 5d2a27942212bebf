"""What we found about one signature, and how Authentication-Results says it."""

import re
from collections.abc import Mapping
from typing import NamedTuple

# Values come from strangers, and readers take the header's word. What isn't plainly
# a value of its kind is left out, so that no quoting can be got wrong.
_PLAIN = {
    "d": re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+"),
    "i": re.compile(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]*@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+"
    ),
    "s": re.compile(r"[A-Za-z0-9_.-]+"),
    "a": re.compile(r"[a-z0-9]+-[a-z0-9]+"),
    "b": re.compile(r"[A-Za-z0-9+/=]{1,8}"),
}
_LONGEST = 255


class Verdict(NamedTuple):
    """A result of RFC 8601, section 2.7.1, why, and the signature's own tags."""

    result: str
    reason: str
    tags: Mapping[str, str] = {}

    def __str__(self) -> str:
        known = "".join(
            f" header.{name}={value}"
            for name in _PLAIN
            if (value := _plain(name, self.tags.get(name, "")))
        )
        return f"dkim={self.result} ({self.reason}){known}"


def readable(signature: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the tags of a *signature*, as text, that a verdict may quote."""
    tags = {}
    for name in _PLAIN:
        value = signature.get(name.encode(), b"").decode("ascii", "replace")
        tags[name] = re.sub(r"\s", "", value)
    # Eight characters tell signatures of one domain apart (RFC 6008).
    return {**tags, "d": tags["d"].lower(), "b": tags["b"][:8]}


def authentication_results(server: str, verdicts: list[Verdict]) -> str:
    """Return the value of an Authentication-Results header of *server*."""
    return "".join([server, *(f";\n\t{verdict}" for verdict in verdicts)])


def _plain(name: str, value: str) -> str | None:
    fits = len(value) <= _LONGEST and _PLAIN[name].fullmatch(value)
    return value if fits else None
