"""A request to learn a message, checked: TELL of SPAMC/1.5."""

import hashlib
import re

from spam_milter.bayes import SITE
from spam_milter.spamc.request import BadRequestError, Request


def check(request: Request) -> None:
    """
    See whether *request* is one that spamd could follow.

    Raises:
        BadRequestError: When it asks for nothing, for two things, or for what we
            don't do: reports to others (`remote`).
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
    """Return the header by which spamd says what it has done."""
    return "DidSet: local" if "set" in request.headers else "DidRemove: local"


def user(request: Request) -> str:
    """Return whose request it is."""
    return request.headers.get("user", "").lower() or SITE


def can_wait(request: Request) -> bool:
    """Tell whether who asks comes again if there is no room."""
    return request.headers.get("can-wait") == "yes"


def users_to_train(request: Request, per_user: bool) -> list[str]:
    """Return whom to teach: always the site, and before it the user if he counts."""
    own = user(request)
    return [own, SITE] if per_user and own != SITE else [SITE]


def digest(data: bytes) -> bytes:
    """Return a mark of the message in *data*, a request: the same for the same one."""
    return hashlib.sha256(data.partition(b"\r\n\r\n")[2]).digest()


def description(request: Request) -> str:
    """Say in a word or two what it is, for the log."""
    kind = request.headers.get("message-class", "")
    return f"as {kind}" if "set" in request.headers else "to be forgotten"
