"""Training requests: TELL of SPAMC/1.5, to learn or to forget a message."""

import hashlib
import re

from spam_milter.bayes import SITE
from spam_milter.spamc.request import BadRequestError, Request


def check(request: Request) -> None:
    """
    Check that spamd could follow *request*.

    Raises:
        BadRequestError: It asks for nothing, for two things, or for reports to others
            (`remote`), which we do not make.
    """
    headers = request.headers
    asked = [headers[name] for name in ("set", "remove") if name in headers]
    if asked != ["local"]:
        raise BadRequestError("TELL needs 'Set: local' or 'Remove: local'")
    if "set" in headers and headers.get("message-class") not in {"spam", "ham"}:
        raise BadRequestError("to learn needs 'Message-class: spam' or 'ham'")
    if not re.fullmatch(r"[!-~]{0,200}", headers.get("user", "")):
        raise BadRequestError("User is no address")
    if not request.message:
        raise BadRequestError("there is no message to learn")


def reply_header(request: Request) -> str:
    """Return the header with which spamd reports what it has done."""
    return "DidSet: local" if "set" in request.headers else "DidRemove: local"


def user(request: Request) -> str:
    """Return the user who sends it, or SITE."""
    return request.headers.get("user", "").lower() or SITE


def can_wait(request: Request) -> bool:
    """Tell whether the client tries again if there is no room."""
    return request.headers.get("can-wait") == "yes"


def users_to_train(request: Request, per_user: bool) -> list[str]:
    """Return whom to train: always the site, and before it the user if *per_user*."""
    own = user(request)
    return [own, SITE] if per_user and own != SITE else [SITE]


def digest(data: bytes) -> bytes:
    """Return the SHA-256 of the message in *data*, a request."""
    return hashlib.sha256(data.partition(b"\r\n\r\n")[2]).digest()


def description(request: Request) -> str:
    """Describe the request in two or three words, for the log."""
    kind = request.headers.get("message-class", "")
    return f"as {kind}" if "set" in request.headers else "to be forgotten"
