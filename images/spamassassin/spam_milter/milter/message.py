"""What spamd is given: the message, below headers that tell where it came from."""

import re
import time
from dataclasses import dataclass, field


@dataclass
class Client:
    """The other end of an SMTP connection, as Postfix told us."""

    name: str = "unknown"
    """Its name in DNS, if name and address belong together."""
    address: str = ""
    """IPv4 or IPv6; empty if it has none."""
    helo: str = ""
    tls: bool = False


@dataclass
class TruncatedMessage:
    """The first *limit* bytes of a message: never more is held in memory."""

    limit: int
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, data: bytes) -> None:
        """Append *data*, or as much of it as there is still room for."""
        if kept := data[: self.limit - self.size]:
            self.pieces.append(kept)
            self.size += len(kept)

    @property
    def full(self) -> bool:
        """Whether everything else would be left out."""
        return self.size >= self.limit


def header(name: str, value: bytes) -> bytes:
    """
    Return a header as it stood in the message, ending in CRLF.

    Postfix separates the lines of a folded one by a bare LF; *value* begins
    with the very white space that followed the colon.
    """
    lines = value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return name.encode("utf-8", "surrogateescape") + b":" + lines + b"\r\n"


def word(text: str) -> str:
    """Return *text* with each character replaced that could forge a header."""
    return re.sub(r"[^A-Za-z0-9._:+=@\[\]-]", "?", text)[:255]


def results(name: str, value: bytes, server: str) -> bytes:
    """
    Return the header `name: value` as one line if *server* says in it who a message
    is from (RFC 8601, section 2.2); nothing if it is any other header.
    """
    line = re.sub(rb"\s+", b" ", value).strip()
    if name.lower() != "authentication-results":
        return b""
    if re.split(rb"[ ;]", line, maxsplit=1)[0].lower() != server.lower().encode():
        return b""
    return b"Authentication-Results: " + line + b"\r\n"


def trace(client: Client, server: str, queue_id: str, sender: str) -> bytes:
    """
    Return the headers that precede the message on its way to spamd.

    A milter does not get the Received header of its own MTA. SpamAssassin reads the
    client from it (SPF, block lists, rules on HELO), so this is one like it. The
    envelope sender has the header that local.cf names in envelope_sender_header.
    """
    lines = f"X-Envelope-From: <{word(sender.strip('<>'))}>\r\n"
    if client.address:
        prefix = "IPv6:" if ":" in client.address else ""
        protocol = "ESMTPS" if client.tls else "ESMTP"
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        lines += (
            f"Received: from {word(client.helo) or 'unknown'}"
            f" ({word(client.name)} [{prefix}{word(client.address)}])\r\n"
            f"\tby {word(server)} (Postfix) with {protocol} id {word(queue_id)};\r\n"
            f"\t{date}\r\n"
        )
    return lines.encode("ascii")


def mailbox(recipient: str) -> str:
    """Return the address that *recipient* of RCPT TO names, without its +extension."""
    name, at, domain = recipient.strip("<>").lower().rpartition("@")
    return f"{name.partition('+')[0]}{at}{domain}"
