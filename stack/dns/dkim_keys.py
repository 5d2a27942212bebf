"""DKIM keys, an RSA and an Ed25519 key for each domain, and their DNS records."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from stack.system import files
from stack.system.errors import UnableError

RSA = re.compile(r"(rsa-[0-9]{6})\.pem")
ED25519 = re.compile(r"(ed25519-[0-9]{6})\.seed")


@dataclass(frozen=True, order=True)
class SigningKeys:
    """The selectors of the two current keys of *domain*; empty: no such key."""

    domain: str
    rsa_selector: str
    ed25519_selector: str


def current(directory: Path, domain: str) -> SigningKeys:
    """
    Return the newest keys of *domain* in *directory*.

    A selector holds year and month, so the greatest name is the newest key.
    """
    found = files.names(directory / domain)
    return SigningKeys(domain, _newest(RSA, found), _newest(ED25519, found))


def ensure(
    directory: Path, domain: str, now: datetime
) -> tuple[SigningKeys, dict[Path, str]]:
    """
    Return the keys of *domain*, and the text of each file that is still missing.

    An existing key is never replaced: mail that it has signed may still be verified.
    """
    keys = current(directory, domain)
    home = directory / domain
    new = {}
    if not keys.rsa_selector:
        keys = replace(keys, rsa_selector=f"rsa-{now:%Y%m}")
        new[home / f"{keys.rsa_selector}.pem"] = _new_rsa()
    if not keys.ed25519_selector:
        keys = replace(keys, ed25519_selector=f"ed25519-{now:%Y%m}")
        new[home / f"{keys.ed25519_selector}.seed"] = _new_ed25519()
    return keys, new


def records(directory: Path, keys: SigningKeys) -> dict[str, str]:
    """
    Return the text of each DNS record by its selector (RFC 6376 §3.6.1, RFC 8463).

    Raises:
        UnableError: When a key is missing or can't be read as one.
    """
    home = directory / keys.domain
    if not (keys.rsa_selector and keys.ed25519_selector):
        raise UnableError(f"{home}: has not both DKIM keys yet: run `stack init`")
    rsa = _public_rsa(home / f"{keys.rsa_selector}.pem")
    ed25519 = _public_ed25519(home / f"{keys.ed25519_selector}.seed")
    return {
        keys.rsa_selector: f"v=DKIM1; k=rsa; p={b64encode(rsa).decode()}",
        keys.ed25519_selector: f"v=DKIM1; k=ed25519; p={b64encode(ed25519).decode()}",
    }


def _newest(pattern: re.Pattern[str], names: list[str]) -> str:
    matches = (pattern.fullmatch(name) for name in names)
    return max((match[1] for match in matches if match), default="")


def _new_rsa() -> str:
    # 2048 bits: every verifier accepts them, and the record fits a UDP answer.
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def _new_ed25519() -> str:
    seed = Ed25519PrivateKey.generate().private_bytes(
        Encoding.Raw, PrivateFormat.Raw, NoEncryption()
    )
    return b64encode(seed).decode() + "\n"


def _public_rsa(path: Path) -> bytes:
    try:
        # The check of the primes takes 0.1 s a key; the signer tries the key anyway.
        key = load_pem_private_key(
            path.read_bytes(), password=None, unsafe_skip_rsa_key_validation=True
        )
    except (FileNotFoundError, ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise _unreadable(path)
    return key.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )


def _public_ed25519(path: Path) -> bytes:
    try:
        seed = b64decode(path.read_bytes(), validate=False)
        key = Ed25519PrivateKey.from_private_bytes(seed)
    except (FileNotFoundError, ValueError):
        raise _unreadable(path) from None
    return key.public_key().public_bytes_raw()


def _unreadable(path: Path) -> UnableError:
    return UnableError(
        f"{path}: missing or not a DKIM key: restore it from a backup, or move it away"
        " and run `stack init` for a new one, then publish its record"
    )
