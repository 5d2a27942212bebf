"""The session that signer and verifier share: exact octets, and always a reply."""

import io
import re
from abc import ABC, abstractmethod
from typing import Any

import dkimpy_milter
import Milter

from mail_auth.milter import log
from mail_auth.milter.memory_gate import MemoryClaim
from mail_auth.milter.refusal import RefusalError, deferred

# Far more than a legitimate message has.
_MOST_HEADERS = 10_000
# Octets that each header takes beside its text, until the message has been judged.
_BESIDE_TEXT = 600

# What Postfix adds when it has cut a header (config/postfix/*_headers.pcre).
_CUT = "x-header-cut"

_FOLD = re.compile(rb"\r?\n(?=[ \t])")


class RawBytesMilter(dkimpy_milter.dkimMilter, ABC):
    """
    dkimpy-milter on the exact octets that Postfix has in its queue file.

    The original drops headers that are not ASCII from the text it signs or verifies.
    """

    conf: dict[str, Any]
    fp: io.BytesIO
    mailfrom: str

    def __init__(self) -> None:
        """Begin without a message."""
        super().__init__()
        self.claim = MemoryClaim()

    # connect, envfrom and data reply although they decide nothing: Postfix sends its
    # next small packet only after an acknowledgement, and a reply carries it 40 ms
    # sooner.

    def connect(
        self,
        host: str,
        family: int,
        address: tuple[str, *tuple[int, ...]] | str | None,
    ) -> int:
        """Begin a session."""
        super().connect(host, family, address)
        return int(Milter.CONTINUE)

    def envfrom(self, sender: str, *parameters: str) -> int:
        """Begin a message."""
        self._forget()
        super().envfrom(sender, *parameters)
        return int(Milter.CONTINUE)

    def data(self) -> int:
        """Begin the message's text."""
        return int(Milter.CONTINUE)

    @Milter.noreply
    @Milter.decode("bytes")
    def header(self, name: str, value: bytes) -> int:
        """
        Keep a header, as soon as there is room for it, and unless there are too many.

        *value* begins with its own blank, unless it has none.
        """
        self.headers += 1
        self.cut |= name.strip().lower() == _CUT
        octets = len(name) + len(value) + _BESIDE_TEXT
        if self.headers > _MOST_HEADERS or not self.claim.take(octets):
            return int(Milter.CONTINUE)
        if not self._keeps_leading_blank():
            value = b" " + value
        self.fields.append((name.strip(), value))
        self.fp.write(name.encode("ascii", "replace") + b":" + value + b"\r\n")
        return int(Milter.CONTINUE)

    @Milter.noreply
    def eoh(self) -> int:
        """End the headers with CRLF, as every other line ends."""
        self.fp.write(b"\r\n")
        return int(Milter.CONTINUE)

    @Milter.noreply
    def body(self, chunk: bytes) -> int:
        """Keep a piece of the text, as soon as there is room for it."""
        if self.claim.take(len(chunk)):
            self.fp.write(chunk)
        return int(Milter.CONTINUE)

    def abort(self) -> int:
        """Drop the message: the client has given it up."""
        self._forget()
        return int(Milter.CONTINUE)

    def close(self) -> int:
        """End the session."""
        self._forget()
        return int(Milter.CONTINUE)

    def addheader(self, name: str, value: str, index: int = 0) -> None:
        """Put a header on top of the message."""
        blank = " " if self._keeps_leading_blank() else ""
        super().addheader(name, blank + value, index)

    def change(self, name: str, index: int, value: bytes) -> None:
        """Put *value* (UTF-8) into the place of the *index*th header called *name*."""
        text = value.decode()
        if not self._keeps_leading_blank():
            text = text.removeprefix(" ")
        self.chgheader(name, index, text)

    def eom(self) -> int:
        """Judge the message. Whatever fails, the client gets a reply."""
        try:
            if self.claim.timed_out:
                raise deferred("Too many large messages at once, try again", "4.3.2")
            if self.headers > _MOST_HEADERS:
                raise _too_much(
                    f"has {self.headers} headers, {_MOST_HEADERS} are taken at most"
                )
            if self.cut:
                raise _too_much("has a header of over 60,000 octets: shorten it")
            self.judge()
        except RefusalError as refusal:
            return self._refuse(refusal)
        except Exception:
            log.fault(f"{self.getsymval('i')}: internal fault")
            return self._refuse(deferred("Internal fault, the log says more"))
        finally:
            # A connection may idle for minutes: it must not keep the message in memory.
            self._forget()
        return int(Milter.CONTINUE)

    @abstractmethod
    def judge(self) -> None:
        """Sign or verify the whole message; raises RefusalError to refuse it."""

    def values(self, name: str) -> list[bytes]:
        """Return the unfolded values of the headers called *name* (lower case)."""
        return [_FOLD.sub(b"", v).strip() for n, v in self.fields if n.lower() == name]

    def log(self, text: str, level: str = "info") -> None:
        """Log *text* with the message's queue id."""
        log.line(f"{self.getsymval('i')}: {text}", level)

    def _forget(self) -> None:
        self.fp = io.BytesIO()
        self.fields: list[tuple[str, bytes]] = []
        self.headers = 0
        self.cut = False
        self.claim.release()
        self.claim = MemoryClaim()

    def _keeps_leading_blank(self) -> bool:
        return bool(self._protocol & Milter.P_HDR_LEADSPC)

    def _refuse(self, refusal: RefusalError) -> int:
        login = self.getsymval("{auth_authen}") or "nobody"
        self.log(f"refused for {login}: {refusal}")
        # libmilter drops a whole sentence with a single % in it.
        sentence = refusal.sentence.replace("%", "%%")
        self.setreply(refusal.code, refusal.enhanced, sentence)
        return int(Milter.REJECT if refusal.code[0] == "5" else Milter.TEMPFAIL)


def _too_much(words: str) -> RefusalError:
    return RefusalError("552", "5.3.4", f"The message {words}")
