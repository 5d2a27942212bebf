"""The MTA-STS policy that the service web serves, and its record (RFC 8461)."""

from hashlib import sha256

from stack.system import files
from stack.system.project import Project

# RFC 8461 §3.1 allows 32 letters and digits.
ID_LENGTH = 16

# Where senders fetch the policy, at mta-sts.DOMAIN (RFC 8461 §3.3).
PATH = "/.well-known/mta-sts.txt"


def policy(project: Project) -> str:
    """Return the policy that was rendered last; empty if there is none yet."""
    return files.read(project.etc / "web" / "mta-sts.txt") or ""


def record_name(domain: str) -> str:
    """Return the name of the TXT record for *domain*."""
    return f"_mta-sts.{domain}"


def record(policy: str) -> str:
    """
    Return the text of the TXT record for the text *policy* (RFC 8461 §3.1).

    The id follows from the policy: senders fetch it anew whenever it differs.
    """
    return f"v=STSv1; id={sha256(policy.encode()).hexdigest()[:ID_LENGTH]}"


def fields(policy: str) -> dict[str, list[str]]:
    """Return the values in the text *policy*, by key; `mx` has several."""
    found: dict[str, list[str]] = {}
    for line in policy.splitlines():
        key, _, value = line.partition(":")
        found.setdefault(key.strip(), []).append(value.strip())
    return found
