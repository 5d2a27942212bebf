"""A policy, and what Postfix is told of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# RFC 8461, section 3.2: a host, or `*.` and a domain.
_PATTERN = re.compile(
    r"(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+"
)
# So many fit into the answer to Postfix, whatever their length.
_MOST_PATTERNS = 100
_MODES = ("enforce", "testing", "none")
_LONGEST_AGE = 31557600


class PolicyError(Exception):
    """Why a policy can't be used, in some words."""


@dataclass(frozen=True)
class Policy:
    """What a domain has published."""

    mode: str
    """`enforce`: protected or not at all. `testing` and `none` demand nothing."""

    mx: tuple[str, ...]
    """The names of its mail servers, as hosts or `*.domain`."""

    max_age: int
    """For how many seconds it holds."""

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> "Policy":
        """
        Check the *fields* of a policy as STSResolver returns them.

        Raises:
            PolicyError: They are not those of RFC 8461. Strangers choose them, and they
                become part of what Postfix parses.
        """
        mode, age, mx = fields.get("mode"), fields.get("max_age"), fields.get("mx", [])
        if mode not in _MODES or not isinstance(mode, str):
            raise PolicyError("its mode is unknown")
        if not isinstance(age, int) or not 0 <= age <= _LONGEST_AGE:
            raise PolicyError("its max_age is no number of seconds up to a year")
        if not isinstance(mx, list) or len(mx) > _MOST_PATTERNS:
            raise PolicyError(f"it names more than {_MOST_PATTERNS} mail servers")
        names = tuple(dict.fromkeys(str(each).lower().rstrip(".") for each in mx))
        if not all(map(_PATTERN.fullmatch, names)):
            raise PolicyError("a name of a mail server in it is none")
        if not names and mode != "none":
            raise PolicyError("it names no mail server")
        return cls(mode, names, age)

    def attributes(self, domain: str) -> str:
        """
        Return what Postfix needs to hold itself to this policy of *domain*.

        Source: postconf(5), smtp_tls_policy_maps. A pattern `*.d` becomes `.d`, which
        in Postfix means all names below d; mx_host_pattern holds what it is exactly,
        for smtp_tls_enforce_sts_mx_patterns and for reports (RFC 8460).
        """
        matches = ":".join(each.removeprefix("*") for each in self.mx)
        lines = [
            "version: STSv1",
            f"mode: {self.mode}",
            *(f"mx: {each}" for each in self.mx),
            f"max_age: {self.max_age}",
        ]
        return " ".join(
            [
                f"secure match={matches} servername=hostname",
                f"policy_type=sts policy_domain={domain}",
                *(f"mx_host_pattern={each}" for each in self.mx),
                *(f"{{ policy_string = {line} }}" for line in lines),
            ]
        )
