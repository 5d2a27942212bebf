"""Mail addresses in the form in which Postfix asks: local part, @, domain."""

import re
from typing import NamedTuple

# What needs no quotes (RFC 5321, section 4.1.2, and beyond ASCII RFC 6531).
_ATOMS = re.compile(
    r"[^\x00-\x20\x7f()<>\[\]:;@\\,.\"]+(\.[^\x00-\x20\x7f()<>\[\]:;@\\,.\"]+)*"
)


class Address(NamedTuple):
    """An address; its local part is without quotes."""

    local: str
    domain: str

    @classmethod
    def of(cls, text: str) -> "Address":
        """
        Take apart *text*, whose local part may be quoted.

        Raises:
            ValueError: It has no local part or no domain, or control characters.
        """
        local, _, domain = text.rpartition("@")
        if len(local) > 1 and local[0] == local[-1] == '"':
            local = re.sub(r"\\(.)", r"\1", local[1:-1])
        if not local or not domain or re.search(r"[\x00-\x1f\x7f]", text):
            raise ValueError(f"not an address: {text!a}")
        return cls(local, domain)

    def __str__(self) -> str:
        """Write it as in MAIL FROM, with quotes if the local part needs them."""
        if _ATOMS.fullmatch(self.local):
            return f"{self.local}@{self.domain}"
        quoted = re.sub(r'(["\\])', r"\\\1", self.local)
        return f'"{quoted}"@{self.domain}'
