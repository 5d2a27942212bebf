"""Domains that mail programs may show for a From: that is no list of addresses."""

import re
import unicodedata

from mail_auth.headers.display_text import (
    DELIMITERS,
    PUNCTUATION,
    shown_text,
)

# The word after an @: some program skips whatever stands between the two.
_DOMAIN = re.compile(rf"@[{DELIMITERS.removesuffix('@')}]*([^{DELIMITERS}]+)")
# A comment with no other inside.
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
# Readings: four for each level of nested comments. A thousand would take seconds.
_MOST = 40

_BLANKS = re.compile(r"\s+")
_ROUND_DOT = re.compile(r" ?\. ?")


def possible_domains(text: str) -> list[str]:
    """
    Return what may be taken for a domain in *text*, each once, in lower case.

    The obsolete syntax of RFC 5322, section 4.4, has comments and blanks inside of an
    address. Programs differ in what they skip, so each reading counts. The list is
    empty for a text with more readings than a legitimate one has.
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
        # Comments are removed from the innermost outwards.
        while reading != before:
            before = _BLANKS.sub(" ", reading)
            found += [before, _ROUND_DOT.sub(".", before)]
            if len(found) > _MOST:
                return []
            reading = _COMMENT.sub("", before)
    return found


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"}
