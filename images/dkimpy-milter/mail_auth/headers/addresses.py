"""The address lists of From: and Sender: (RFC 5322), parsed strictly."""

import re
from typing import NamedTuple

# RFC 6531 allows any character beyond ASCII where a letter is allowed.
_BEYOND_ASCII = r"\u0080-\U0010ffff"
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_BEYOND_ASCII}-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = rf"[A-Za-z0-9{_BEYOND_ASCII}-]+"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_COMMENT_PART = re.compile(r"\\.|[()]", re.DOTALL)
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t]+)
    | (?P<quoted>"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*")
    | (?P<special>[<>@,:;])
    | (?P<word>[^\s()<>@,:;"\\\[\]\x00-\x1f\x7f]+)
    """,
    re.VERBOSE,
)


class AddressError(ValueError):
    """Why a header is no list of addresses; the text follows the header's name."""


class Address(NamedTuple):
    """A mailbox's address; the domain in lower case."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


class _Token(NamedTuple):
    kind: str
    text: str


def parse(value: str) -> list[Address]:
    """
    Return the addresses in the unfolded *value* of a From: or Sender: header.

    Mail programs read unusual forms differently, and a reader believes what his
    program shows. So the grammar is that of RFC 5322, section 3.4, without obsolete
    forms, groups, and blanks inside of an address. Display names are not checked.

    Raises:
        AddressError: The value is anything else, or empty.
    """
    found = []
    mailbox: list[_Token] = []
    for token in [*_tokens(value), _Token("special", ",")]:
        if token.text == "," and token.kind == "special":
            found.append(_mailbox(mailbox))
            mailbox = []
        else:
            mailbox.append(token)
    return found


def _tokens(value: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(value):
        if value[position] == "(":
            position = _end_of_comment(value, position)
            tokens.append(_Token("space", " "))
            continue
        match = _TOKEN.match(value, position)
        if not match:
            raise AddressError(f"has a {value[position]!a} out of place")
        tokens.append(_Token(str(match.lastgroup), match[0]))
        position = match.end()
    return tokens


def _end_of_comment(value: str, start: int) -> int:
    depth = 0
    for match in _COMMENT_PART.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    raise AddressError("has a comment without an end")


def _mailbox(tokens: list[_Token]) -> Address:
    specials = [token.text for token in tokens if token.kind == "special"]
    if ":" in specials or ";" in specials:
        raise AddressError("has a group or a route in place of an address")
    while tokens and tokens[0].kind == "space":
        del tokens[0]
    while tokens and tokens[-1].kind == "space":
        del tokens[-1]
    if not tokens:
        raise AddressError("has no address where one belongs")
    if specials == ["@"]:
        return _address(tokens)
    if specials != ["<", "@", ">"] or tokens[-1].text != ">":
        raise AddressError("is not of the form: Name <user@domain>")
    opening = next(n for n, t in enumerate(tokens) if t == _Token("special", "<"))
    return _address(tokens[opening + 1 : -1])


def _address(tokens: list[_Token]) -> Address:
    if [token.text for token in tokens[1:2]] != ["@"] or len(tokens) != 3:
        raise AddressError("has an address that is not of the form user@domain")
    local, domain = tokens[0], tokens[2].text
    if not _HOST_NAME.fullmatch(domain):
        raise AddressError("has an address whose domain is not a host name")
    if local.kind == "quoted":
        return Address(re.sub(r"\\(.)", r"\1", local.text[1:-1]), domain.lower())
    if not _DOT_ATOM.fullmatch(local.text):
        raise AddressError("has an address that is not of the form user@domain")
    return Address(local.text, domain.lower())
