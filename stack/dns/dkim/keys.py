"""Key files, an RSA and an Ed25519 key for each selector, and their DNS records."""

import re
from base64 import b64decode, b64encode
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from stack.system.errors import UnableError

# What follows the month tells several pairs of one month apart.
RSA = re.compile(r"(rsa-[0-9]{6}[b-z]?)\.pem")
ED25519 = re.compile(r"(ed25519-[0-9]{6}[b-z]?)\.seed")


def rsa_file(home: Path, selector: str) -> Path:
    """Return the file of an RSA key in *home*, the directory of its domain."""
    return home / f"{selector}.pem"


def ed25519_file(home: Path, selector: str) -> Path:
    """Return the file of an Ed25519 key in *home*, the directory of its domain."""
    return home / f"{selector}.seed"


def newest(pattern: re.Pattern[str], names: list[str]) -> str:
    """
    Return the newest selector by the *names* of key files; empty if there is none.

    A selector holds year and month, so the greatest name is the newest key.
    """
    matches = (pattern.fullmatch(name) for name in names)
    return max((match[1] for match in matches if match), default="")


def new_rsa(bits: int) -> str:
    """Return a new RSA key, as PKCS#8 in PEM."""
    key = generate_private_key(public_exponent=65537, key_size=bits)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def new_ed25519() -> str:
    """Return a new Ed25519 key, its 32 octets of seed in base64."""
    seed = Ed25519PrivateKey.generate().private_bytes(
        Encoding.Raw, PrivateFormat.Raw, NoEncryption()
    )
    return b64encode(seed).decode() + "\n"


def rsa_record(path: Path) -> str:
    """
    Return the DNS record of the RSA key in *path* (RFC 6376 §3.6.1).

    Raises:
        UnableError: When the key is missing or can't be read as one.
    """
    try:
        # The check of the primes takes 0.1 s a key; the signer tries the key anyway.
        key = load_pem_private_key(
            path.read_bytes(), password=None, unsafe_skip_rsa_key_validation=True
        )
    except (FileNotFoundError, ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise _unreadable(path)
    public = key.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"


def ed25519_record(path: Path) -> str:
    """
    Return the DNS record of the Ed25519 key in *path* (RFC 8463 §4).

    Raises:
        UnableError: When the key is missing or can't be read as one.
    """
    try:
        seed = b64decode(path.read_bytes(), validate=False)
        key = Ed25519PrivateKey.from_private_bytes(seed)
    except (FileNotFoundError, ValueError):
        raise _unreadable(path) from None
    public = key.public_key().public_bytes_raw()
    return f"v=DKIM1; k=ed25519; p={b64encode(public).decode()}"


def bits(record: str) -> int:
    """Return the length of the key in a DNS *record* of ours, in bits."""
    public = b64decode(record.rpartition("p=")[2])
    if "k=ed25519" in record:
        return 8 * len(public)
    return cast("RSAPublicKey", load_der_public_key(public)).key_size


def _unreadable(path: Path) -> UnableError:
    return UnableError(
        f"{path}: missing or not a DKIM key: restore it from a backup, or move it away"
        " and run `stack init` for a new one, then publish its record"
    )
