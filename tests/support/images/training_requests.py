"""What a client of the control socket sends, and the configuration it meets."""

from spam_milter.config import Config

CONFIG = Config(15.0, "postmaster@example.org", "wait", 5, 5, 5, 1000, "site", "info")
SPAM = b"Subject: buy\r\n\r\nnow\r\n"
LEARN = ("Message-class: spam", "Set: local")


def request(command: str, *headers: str, message: bytes = SPAM) -> bytes:
    """Return what a client sends."""
    lines = (f"{command} SPAMC/1.5", *headers, f"Content-length: {len(message)}")
    return "\r\n".join((*lines, "", "")).encode() + message


def tell(*headers: str, **message: bytes) -> bytes:
    """Return what a client sends to teach spam."""
    return request("TELL", *(headers or LEARN), **message)
