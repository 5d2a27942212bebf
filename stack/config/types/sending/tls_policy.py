"""How mail to single domains is protected, in the form of .env."""

from typing import Annotated, NamedTuple

from stack.config.types.names import name
from stack.config.types.sending.by_domain import by_domain
from stack.config.types.text import read_by

LEVELS = ("none", "may", "encrypt", "dane", "verify")


class TLSPolicy(NamedTuple):
    """The protection of mail to one domain."""

    domain: str
    level: str
    """One of LEVELS."""

    @classmethod
    def of(cls, text: str) -> "TLSPolicy":
        """
        Take apart *text*, domain=level.

        Raises:
            ValueError: If it is not of that form; the message goes on from the key.
        """
        domain, _, level = text.partition("=")
        if not domain or level not in LEVELS:
            raise ValueError(
                "must be pairs like partner.example=may, with none, may, encrypt, dane"
                f" or verify: {text}"
            )
        try:
            return cls(name(domain), level)
        except ValueError as error:
            raise ValueError(f"{error}: {text}") from None

    def __str__(self) -> str:
        """Write it as in .env."""
        return f"{self.domain}={self.level}"


def _policies(text: str) -> tuple[TLSPolicy, ...]:
    return by_domain(text, TLSPolicy.of)


TLSPolicies = Annotated[tuple[TLSPolicy, ...], read_by(_policies)]
