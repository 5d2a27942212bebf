"""Which domains are in a header that is no list of addresses, whoever reads it."""

import re
import unicodedata

from mail_auth.headers.display_text import (
    DELIMITERS,
    PUNCTUATION,
    shown_text,
)

# What follows an @: whatever stands between the two, somebody passes over it.
_DOMAIN = re.compile(rf"@[{DELIMITERS.removesuffix('@')}]*([^{DELIMITERS}]+)")
# One that holds no other.
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
# Two for each comment in another, twice. A thousand such would take seconds.
_MOST = 40

_BLANKS = re.compile(r"\s+")
_ROUND_DOT = re.compile(r" ?\. ?")


def possible_domains(text: str) -> list[str]:
    """
    Return what may be taken for a domain in *text*, each once, in lower case.

    RFC 5322 once had comments and blanks inside of an address (section 4.4). Programs
    differ in which of them they pass over, so every way to read it counts. None is
    returned of a text with more ways than an honest one has.
    """
    found: dict[str, None] = {}
    for reading in _readings(text):
        for match in _DOMAIN.finditer(shown_text(reading)):
            if domain := match[1].strip(PUNCTUATION).lower():
                found[domain] = None
    return list(found)


def _readings(text: str) -> list[str]:
    found: list[str] = []
    for instead in ("", " "):
        reading = "".join(instead if _unseen(each) else each for each in text)
        before = ""
        # From the inside: a comment is gone before what only looks like one around it.
        while reading != before:
            before = _BLANKS.sub(" ", reading)
            found += [before, _ROUND_DOT.sub(".", before)]
            if len(found) > _MOST:
                return []
            reading = _COMMENT.sub("", before)
    return found


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"}
