"""Makes and hashes passwords."""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.low_level import Type

from stack.system.errors import StackError

# OWASP's second choice for Argon2id (19 MiB, two passes, one lane). Every login of
# every mail client costs this memory in Dovecot; the library's own default would
# cost 64 MiB each.
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)

SHORTEST = 8  # characters; NIST SP 800-63B §5.1.1.1
LONGEST = 256  # what every client and SASL mechanism can carry

# Without what is easily misread from paper: 0 o, 1 i l.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def hashed(password: str) -> str:
    """
    Return *password* as Dovecot reads it, with the scheme before it.

    The hash is that of its letters, whichever way a keyboard writes them.

    Raises:
        StackError: When it is too short, too long or can't be typed everywhere.
    """
    password = opaque(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise StackError(
            f"the password has {len(password)} characters: take"
            f" {SHORTEST} to {LONGEST}, or let --generate make one"
        )
    if not password.isprintable():
        raise StackError("the password holds a control character: type it anew")
    return "{ARGON2ID}" + HASHER.hash(password)


def opaque(password: str) -> str:
    """
    Return *password* as it is compared: an OpaqueString (RFC 8265, section 4.2).

    Dovecot does the same with what mail programs send (unicode.c of its image).
    """
    spaces = (" " if unicodedata.category(c) == "Zs" else c for c in password)
    return unicodedata.normalize("NFC", "".join(spaces))


def generate() -> str:
    """Return a new password of 99 bits, in four groups to be read aloud."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))
    return "-".join(groups)
