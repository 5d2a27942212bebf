"""The headers of a scanned message, or the reply that refuses it."""

from spam_milter.spamc.client import Scan

LONGEST_LINE = 76


def headers(scan: Scan) -> list[tuple[str, str]]:
    """Return the headers, as (name, value), that show the verdict."""
    flag = [("X-Spam-Flag", "YES")] if scan.spam else []
    return [
        *flag,
        ("X-Spam-Score", f"{scan.score:.1f}"),
        # One star a point, for filters that can't compare numbers.
        ("X-Spam-Level", "*" * min(int(scan.score), 50)),
        ("X-Spam-Status", status(scan)),
    ]


def unscanned(reason: str) -> list[tuple[str, str]]:
    """Return the headers, as (name, value), of a message that was let in unjudged."""
    return [("X-Spam-Status", f"Unscanned, {reason}")]


def status(scan: Scan) -> str:
    """Return the value of X-Spam-Status, its list of tests folded between two."""
    answer = "Yes" if scan.spam else "No"
    lines = [f"{answer}, score={scan.score:.1f} required={scan.required:.1f}"]
    line = "\ttests="
    for test in ",\0".join(scan.tests or ("none",)).split("\0"):
        if len(line) + len(test) > LONGEST_LINE and line.strip():
            lines.append(line)
            line = "\t"
        line += test
    return "\n".join([*lines, line])


def forward_refusal(scan: Scan, contact: str) -> str:
    """Return the text of the 550 for marked mail that an alias would pass on."""
    return (
        f"Message refused: spam score {scan.score:.1f}, and what may be spam is not"
        f" forwarded; if it is no spam, please tell {contact}"
    )


def refusal(scan: Scan, limit: float, contact: str) -> str:
    """Return the text of the 550, which helps if the message was no spam."""
    return (
        f"Message refused: spam score {scan.score:.1f}, limit {limit:.1f};"
        f" if it is no spam, please tell {contact}"
    )
