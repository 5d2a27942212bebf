"""
Domain names and mail addresses in the one form that is stored and compared.

Lower case, domains as IDNA A-labels (RFC 5890). Every daemon looks these strings
up in SQL and some put them into paths, so the alphabets here are narrower than
RFC 5321 allows: nothing that a shell, a path, a Postfix table or a Dovecot
variable would take for more than a letter.
"""

import re
from collections.abc import Container

import idna

from stack.system.errors import StackError

# What Dovecot takes in a login by default (auth_username_chars), less capitals.
OWN_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_-]+)*")

# The + of our own delimiter (alias to alice+lists), and what foreign systems use.
ANY_NAME = re.compile(r"[a-z0-9_][a-z0-9_=+&'~-]*(\.[a-z0-9_=+&'~-]+)*")

# RFC 5321 §4.5.3.1: octets before the @, and in the whole path less its brackets.
LONGEST_NAME = 64
LONGEST_ADDRESS = 254


def domain(text: str) -> str:
    """
    Return the domain name *text* in lower case, as A-labels.

    Raises:
        StackError: When it isn't a name of two labels or more in the DNS.
    """
    try:
        name = idna.encode(text, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        name = ""
    labels = name.split(".")
    if len(labels) < 2 or "" in labels or labels[-1].isdigit():
        raise StackError(
            f"{text!r} is not a domain name: write one like example.org, in full"
        )
    return name


def unicode_name(domain: str) -> str | None:
    """Return the Unicode form of *domain*, which is in A-labels; None if equal."""
    try:
        written = idna.decode(domain)
    except idna.IDNAError:
        return None
    return written if written != domain else None


def nearest(domain: str, ours: Container[str]) -> str | None:
    """Return the longest name in *ours* that is *domain* or a parent of it, or None."""
    while domain and domain not in ours:
        domain = domain.partition(".")[2]
    return domain or None


def user(text: str) -> str:
    """
    Return *text* as the address of a mailbox of ours.

    Raises:
        StackError: When it can't be one.
    """
    return _address(text, OWN_NAME, "a-z 0-9 . _ -")


def target(text: str) -> str:
    """
    Return *text* as an address that an alias may lead to, here or elsewhere.

    Raises:
        StackError: When it can't be one.
    """
    return _address(text, ANY_NAME, "a-z 0-9 . _ - = + & ' ~")


def address_or_domain(text: str) -> str:
    """
    Return *text* as an address, or as `@domain`, which stands for all of a domain.

    Raises:
        StackError: When it is neither.
    """
    return "@" + domain(text[1:]) if text.startswith("@") else target(text)


def source(text: str) -> str:
    """
    Return *text* as the source of an alias: a@d, @d (all of d) or a bare name.

    Raises:
        StackError: When it can't be one.
    """
    if "@" not in text:
        return _name(text, text, ANY_NAME, "a-z 0-9 . _ - = + & ' ~")
    return address_or_domain(text)


def domain_of(address: str) -> str:
    """Return the domain of *address*, or "" for a bare name."""
    return address.rpartition("@")[2] if "@" in address else ""


def _address(text: str, names: re.Pattern[str], letters: str) -> str:
    name, at, host = text.rpartition("@")
    if not at:
        raise StackError(f"{text!r} is not an address: write it as name@example.org")
    address = f"{_name(name, text, names, letters)}@{domain(host)}"
    if len(address) > LONGEST_ADDRESS:
        raise StackError(f"{text!r}: longer than {LONGEST_ADDRESS} characters")
    return address


def _name(name: str, text: str, names: re.Pattern[str], letters: str) -> str:
    if not name.isascii():
        raise StackError(
            f"{text!r}: what stands before the @ must be ASCII, other mail servers"
            " may not be able to write to it"
        )
    if len(name) > LONGEST_NAME:
        raise StackError(f"{text!r}: over {LONGEST_NAME} characters before the @")
    if not names.fullmatch(name.lower()):
        raise StackError(
            f"{text!r}: what stands before the @ may hold {letters},"
            " no dots in a row or at an end, no - at the start"
        )
    return name.lower()
