"""Seals forwarded mail (ARC, RFC 8617): what was found when it came in."""

from collections.abc import Sequence
from typing import NamedTuple

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from mail_auth.milter import log

# dkim.ARC looks for it in this case, in which our verifier writes it.
_RESULTS = "Authentication-Results"

_SEAL = b"arc-seal"


class Key(NamedTuple):
    """The RSA key that seals: receivers verify no other kind."""

    domain: str
    selector: str
    pem: str


class NotSealableError(Exception):
    """Why a message gets no seal; it is forwarded all the same."""


def arc_set(
    message: bytes, server: str, key: Key, covered: Sequence[str]
) -> list[tuple[str, str]]:
    """
    Return an ARC set for *message*: three headers, each to be put above the one before.

    It continues the chain that is there (RFC 8617, section 5.1): as `cv=pass` or
    `cv=fail`, as the verifier has found out.

    Args:
        message: The whole message, with CRLF.
        server: Whose Authentication-Results are told, by its authserv-id.
        key: Seals.
        covered: The names for h= of the ARC-Message-Signature.

    Raises:
        NotSealableError: The message has no results of *server*, or a chain that can't
            be continued.
    """
    try:
        parsed = dkim.ARC(message)
        _check_continuable(parsed)
        lines = parsed.sign(
            key.selector.encode(),
            key.domain.encode(),
            key.pem.encode(),
            server.encode(),
            include_headers=[name.encode() for name in covered],
        )
        headers = [_header(line) for line in reversed(lines)]
    except dkim.DKIMException as error:
        raise NotSealableError(str(error)) from None
    except InvalidTagValueList:
        raise NotSealableError("its newest seal is malformed") from None
    except NotSealableError:
        raise
    except Exception:
        # A message must not wait for ever because of what a library makes of it.
        log.fault("a message could not be sealed")
        raise NotSealableError("it could not be processed") from None
    if not headers:
        raise NotSealableError(f"it has no {_RESULTS} of {server}")
    return headers


def _check_continuable(parsed: dkim.ARC) -> None:
    """Raise NotSealableError if the newest seal says that the chain is broken."""
    newest, found = parsed.sorted_arc_headers()
    for number, (name, value) in found:
        is_newest = number == newest and name.lower() == _SEAL
        if is_newest and parse_tag_value(value).get(b"cv") == b"fail":
            raise NotSealableError("its chain has ended")


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("ascii").partition(": ")
    return name, value.strip().replace("\r\n", "\n")
