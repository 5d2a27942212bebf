"""Text in From: that looks like an address, such as in a display name."""

import binascii
import quopri
import re
import unicodedata

from mail_auth.headers.addresses import Address

# RFC 2047, section 2; with the blanks that some programs leave in, and readers take.
_ENCODED = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?]*)\?=", re.IGNORECASE)
_BETWEEN_ENCODED = re.compile(r"(?<=\?=)\s+(?==\?)")

# Characters that end a part of an address, for a character class.
DELIMITERS = r"\s\"<>()\[\]\\,:;@"
_ADDRESS = re.compile(
    rf"(?:\"(?P<quoted>[^\"@]+)\"|(?P<local>[^{DELIMITERS}]+))"
    rf"@(?P<domain>[^{DELIMITERS}]+)"
)
# Punctuation that stands around an address in a text.
PUNCTUATION = "'`.!?*|\u2018\u2019\u201c\u201d\u201e«»"


def addresses_shown(value: str) -> list[Address]:
    """
    Return all that looks like an address in the unfolded *value* of a header.

    Mail programs show the display name, many of them nothing else.
    """
    found = []
    for match in _ADDRESS.finditer(shown_text(value)):
        local = match["quoted"] or match["local"].lstrip(PUNCTUATION)
        domain = match["domain"].rstrip(PUNCTUATION).lower()
        if local and "." in domain:
            found.append(Address(local, domain))
    return found


def shown_text(value: str) -> str:
    """
    Return the unfolded *value* of a header as mail programs show it.

    Encoded words (RFC 2047) are decoded, wide letters replaced by plain ones (NFKC),
    and invisible ones removed.
    """
    text = _ENCODED.sub(_decoded, _BETWEEN_ENCODED.sub("", value))
    text = unicodedata.normalize("NFKC", text)
    text = "".join(each for each in text if unicodedata.category(each) != "Cf")
    return re.sub(r"\\(.)", r"\1", text)


def _decoded(word: re.Match[str]) -> str:
    charset, encoding, text = word.groups()
    try:
        if encoding in "bB":
            octets = binascii.a2b_base64(text.encode() + b"==")
        else:
            octets = quopri.decodestring(text.encode(), header=True)
        return octets.decode(charset, "replace")
    except (LookupError, ValueError):
        return word[0]
