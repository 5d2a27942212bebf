"""Domain names in the form that DNS has (A-labels), and the domains above them."""

import idna

# Octets of a name (RFC 1035, section 2.3.4). Longer text is slow to convert.
_LONGEST = 255


def a_labels(domain: str) -> str:
    """
    Return *domain* in lower case, its U-labels as A-labels, without its last dot.

    SPF, DKIM and DMARC look up and compare names in this form (RFC 8616). The result
    is empty if *domain* can't be a domain name (RFC 5891). ASCII is not checked.
    """
    if len(domain) > _LONGEST:
        return ""
    labels = domain.lower().rstrip(".").split(".")
    try:
        return ".".join(map(_a_label, labels))
    except idna.IDNAError:
        return ""


def ancestry(domain: str) -> list[str]:
    """Return *domain* and all domains above it, from itself to its last label."""
    labels = domain.split(".")
    return [".".join(labels[first:]) for first in range(len(labels))]


def _a_label(label: str) -> str:
    return label if label.isascii() else idna.encode(label, uts46=True).decode()
