"""Messages as bytes, ready to be sent."""

import secrets
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

# The text that every spam filter takes for spam, made for tests like these.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n"

# Enough of what the packaged rules dislike for the mark, and not for a refusal.
PUSHY = """\
I am the son of the late minister of finance of Nigeria. Before his death he
deposited the sum of US$25,000,000.00 (twenty five million United States dollars)
with a security company. I need your assistance to transfer this money into your
bank account. This transaction is 100% risk free. Please reply in confidence, with
the number of your bank account.
"""

# Digits among letters are a spammer's, to SpamAssassin, and with vowels come words.
LETTERS = "bcdfghjklmnpqrstvwxz"


def new_subject() -> str:
    """Return a unique subject that no spam rule matches."""
    return f"letter {''.join(secrets.choice(LETTERS) for _ in range(16))}"


def letter(
    sender: str, to: str, subject: str, body: str = "Until tomorrow, then.\n"
) -> bytes:
    """Write the plain message an ordinary mail program would send (RFC 5322)."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message.set_content(body)
    return message.as_bytes()


def with_header(message: bytes, *lines: str) -> bytes:
    """Put header *lines* on top of *message*; they may hold any UTF-8 (RFC 6532)."""
    return "".join(f"{line}\n" for line in lines).encode() + message


def without_header(message: bytes, name: str) -> bytes:
    """Take the one-line header *name* out of *message*."""
    head, separator, body = message.partition(b"\n\n")
    start = f"{name}:".lower().encode()
    kept = [line for line in head.split(b"\n") if not line.lower().startswith(start)]
    return b"\n".join(kept) + separator + body


def crlf(message: bytes) -> bytes:
    """End every line of *message* as the wire has it."""
    return message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def blank(to: str, subject: str) -> EmailMessage:
    """A message without a text."""
    message = EmailMessage()
    message["From"] = "a@outside.test"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain="outside.test")
    return message
