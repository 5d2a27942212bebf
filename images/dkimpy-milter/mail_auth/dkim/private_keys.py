"""Private keys: checked when they are read, and used by OpenSSL."""

import base64
import binascii
from functools import cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

# What signers should use at least (RFC 8301, section 3.2).
_SHORTEST_RSA = 2048


class Digest(Protocol):
    """A hash object of hashlib, or a wrapper of one."""

    def digest(self) -> bytes:
        """Return the digest of the data so far."""


class KeyFileError(Exception):
    """Why a key file can't be used, in one sentence without the file's name."""


@cache
def rsa_key(pem: bytes) -> RSAPrivateKey:
    """
    Parse an RSA private key, once for each key.

    Raises:
        KeyFileError: It is no RSA key in PEM, or one under 2048 bits.
    """
    try:
        # Validation tests the primes, which takes seconds for a hundred keys. Whether
        # the key can sign is tested below.
        key = load_pem_private_key(
            pem, password=None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError):
        raise KeyFileError("not a private key in PEM without a passphrase") from None
    if not isinstance(key, RSAPrivateKey):
        raise KeyFileError("not an RSA key")
    if key.key_size < _SHORTEST_RSA:
        raise KeyFileError(
            f"RSA key of {key.key_size} bits, {_SHORTEST_RSA} are needed"
        )
    if not _signs(key):
        raise KeyFileError("an RSA key whose signatures do not hold")
    return key


def _signs(key: RSAPrivateKey) -> bool:
    try:
        key.public_key().verify(
            key.sign(b"probe", PKCS1v15(), SHA256()), b"probe", PKCS1v15(), SHA256()
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def rsa_sign(digest: Digest, key: RSAPrivateKey) -> bytes:
    """
    Sign a SHA-256 *digest* as RFC 8017, section 8.2.1, says.

    Replaces dkim.crypto.RSASSA_PKCS1_v1_5_sign, which computes with Python's integers:
    25 times slower, while all other connections wait.
    """
    return key.sign(digest.digest(), PKCS1v15(), Prehashed(SHA256()))


def read_rsa(path: Path) -> str:
    """Return the PEM text of *path*; raises KeyFileError and OSError."""
    pem = path.read_bytes()
    rsa_key(pem)
    return pem.decode("ascii")


def read_ed25519(path: Path) -> str:
    """Return the base64 seed (RFC 8463) in *path*; raises KeyFileError and OSError."""
    text = path.read_bytes().strip()
    try:
        seed = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise KeyFileError(f"not base64: {error}") from None
    if len(seed) != 32:
        raise KeyFileError(f"an Ed25519 seed has 32 bytes, not {len(seed)}")
    return text.decode("ascii")
