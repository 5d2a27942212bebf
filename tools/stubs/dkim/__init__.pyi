"""What mail_auth uses of dkimpy 1.1.8."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from nacl.signing import VerifyKey

from .canonicalization import CanonicalizationPolicy as CanonicalizationPolicy

class DKIMException(Exception): ...
class MessageFormatError(DKIMException): ...
class ValidationError(DKIMException): ...

class _Digest(Protocol):
    def digest(self) -> bytes: ...

class _DNSFunction(Protocol):
    def __call__(self, name: bytes, timeout: float = ...) -> bytes: ...

# A name, a value.
_Header = Sequence[bytes]

# What dkimpy_patches replaces. What the parser of a key returns is given to the
# function that signs, and to no other: the two know what it is.
RE_BTAG: re.Pattern[bytes]
rfc822_parse: Callable[[bytes], tuple[list[list[bytes]], bytes]]
parse_pem_private_key: Callable[[bytes], Any]
RSASSA_PKCS1_v1_5_sign: Callable[[_Digest, Any], bytes]

def validate_signature_fields(
    sig: Mapping[bytes, bytes], mandatory_fields: Sequence[bytes], arc: bool
) -> None: ...

# No key where its record names a service that dkimpy doesn't know (RFC 6376, 3.6.1).
def evaluate_pk(
    name: bytes, s: bytes
) -> (
    tuple[dict[str, int], int, bytes, bool]
    | tuple[VerifyKey, int, bytes, bool]
    | tuple[None, None, None, bool]
): ...

class DomainSigner:
    headers: Sequence[_Header]
    body: bytes
    signature_fields: dict[bytes, bytes]
    keysize: int
    ktag: bytes

    def __init__(self, message: bytes) -> None: ...
    def verify_sig(
        self,
        sig: Mapping[bytes, bytes],
        include_headers: list[bytes],
        sig_header: _Header,
        dnsfunc: _DNSFunction,
    ) -> bool: ...

class DKIM(DomainSigner):
    include_headers: tuple[bytes, ...]

    def verify(self, idx: int = ..., dnsfunc: _DNSFunction = ...) -> bool: ...

class ARC(DomainSigner):
    # The highest instance, and the headers of all sets with theirs.
    def sorted_arc_headers(self) -> tuple[int, list[tuple[int, _Header]]]: ...

    # Whole lines, the newest header first; none without results of srv_id.
    def sign(
        self,
        selector: bytes,
        domain: bytes,
        privkey: bytes,
        srv_id: bytes,
        include_headers: Sequence[bytes] | None = None,
    ) -> list[bytes]: ...
