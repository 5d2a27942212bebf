"""Replaces the parts of dkimpy that need too much time or memory."""

import re

import dkim
from dkim.canonicalization import Relaxed, Simple

from mail_auth.dkim import canonicalization, private_keys

# Matches what dkimpy's own pattern matches, but in linear time.
SIGNATURE_VALUE = re.compile(rb"([;\s]b\s*=)(?:\s*[a-zA-Z0-9+/=])*(?:\r?\n\Z)?")

_parse = dkim.rfc822_parse


def _parse_headers_only(message: bytes) -> tuple[list[list[bytes]], bytes]:
    # The original takes the body apart line by line, and puts it together again.
    headers, body = canonicalization.split_message(message)
    return _parse(headers)[0], body


def apply() -> None:
    """Have dkim.DKIM parse, canonicalize and sign with our functions."""
    dkim.RE_BTAG = SIGNATURE_VALUE
    dkim.rfc822_parse = _parse_headers_only
    dkim.parse_pem_private_key = private_keys.rsa_key
    dkim.RSASSA_PKCS1_v1_5_sign = private_keys.rsa_sign
    Relaxed.canonicalize_body = staticmethod(canonicalization.relaxed)
    Simple.canonicalize_body = staticmethod(canonicalization.simple)
