"""Verifies DKIM signatures: dkimpy does the cryptography, this module the rest."""

import time
from collections.abc import Callable

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from mail_auth.dkim.key_lookup import (
    KeyFinder,
    KeyUnacceptableError,
    KeyUnavailableError,
)
from mail_auth.dkim.key_record import KeyUnusableError
from mail_auth.dkim.limits import MAX_HEADER_OCTETS, MAX_HEADERS
from mail_auth.headers.authentication_results import DKIMVerdict, quotable_tags
from mail_auth.milter import log

# Verifying 3,000 took half a minute.
_MOST_SIGNATURES = 10
# Seconds that clocks may differ. dkimpy allows ten hours, for wrong time zones.
_SLACK = 300


def verdicts(message: bytes, keys: KeyFinder) -> list[DKIMVerdict]:
    """
    Return a verdict on each signature of *message*, from the top; one when it has none.

    Args:
        message: The whole message, with CRLF.
        keys: Finds the public keys.
    """
    try:
        parsed = dkim.DKIM(message)
    except dkim.MessageFormatError:
        return [DKIMVerdict("permerror", "malformed headers")]
    signatures = [v for n, v in parsed.headers if n.lower() == b"dkim-signature"]
    if not signatures:
        return [DKIMVerdict("none", "no signature")]
    if len(signatures) > _MOST_SIGNATURES:
        return [DKIMVerdict("policy", f"{len(signatures)} signatures are too many")]
    if len(parsed.headers) > MAX_HEADERS:
        return [DKIMVerdict("policy", f"{len(parsed.headers)} headers are too many")]
    return [_verdict(parsed, n, value, keys) for n, value in enumerate(signatures)]


def _verdict(
    parsed: dkim.DKIM, index: int, signature: bytes, keys: KeyFinder
) -> DKIMVerdict:
    if len(signature) > MAX_HEADER_OCTETS:
        return DKIMVerdict("policy", "the signature header is too long")
    try:
        raw = parse_tag_value(signature)
    except InvalidTagValueList:
        return DKIMVerdict("neutral", "malformed signature")
    tags = quotable_tags(raw)
    if tags["a"] == "rsa-sha1":
        # RFC 8301, section 3.1: neither for signing nor for verifying.
        return DKIMVerdict("policy", "rsa-sha1 is not to be relied on", tags)
    if b"@" not in raw.get(b"i", b"@"):
        return DKIMVerdict("neutral", "malformed signature", tags)
    return DKIMVerdict(*_outcome(parsed, index, keys.lookup(raw)), tags)


def _outcome(
    parsed: dkim.DKIM, index: int, find_key: Callable[..., bytes]
) -> tuple[str, str]:
    try:
        holds = parsed.verify(idx=index, dnsfunc=find_key)
    except KeyUnavailableError as error:
        return "temperror", str(error)
    except KeyUnusableError as error:
        return "permerror", str(error)
    except KeyUnacceptableError as error:
        return "policy", str(error)
    except (dkim.DKIMException, ValueError) as error:
        return _invalid(str(error))
    except Exception:
        log.fault("a signature could not be processed")
        return "neutral", "this signature could not be processed"
    if not holds:
        return "fail", "headers were changed, or signed with another key"
    expiry = parsed.signature_fields.get(b"x")
    if expiry and int(expiry) < time.time() - _SLACK:
        return "policy", "the signature has expired"
    return _covers_enough(parsed)


def _invalid(error: str) -> tuple[str, str]:
    """Sort dkimpy's exceptions, which differ only in their text."""
    if error.startswith("body hash mismatch"):
        return "fail", "the body was changed"
    if error.startswith("x= value is past"):
        return "policy", "the signature has expired"
    if error.startswith("t= value is in the future"):
        return "policy", "the signature is from the future"
    return "neutral", "malformed signature"


def _covers_enough(parsed: dkim.DKIM) -> tuple[str, str]:
    if b"from" not in parsed.include_headers:
        return "permerror", "From is not signed"
    if length := parsed.signature_fields.get(b"l"):
        policy = dkim.CanonicalizationPolicy.from_c_value(
            parsed.signature_fields.get(b"c")
        )
        whole = len(policy.canonicalize_body(parsed.body))
        if int(length) < whole:
            return "policy", "text was added after what is signed"
        if int(length) > whole:
            return "permerror", "l= is more than the whole text"
    return "pass", f"{parsed.keysize}-bit {parsed.ktag.decode()} key"
