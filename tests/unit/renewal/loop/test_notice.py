"""The notice to the postmaster, as our own Postfix receives it."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from smtplib import SMTPException

import pytest

from stack.renewal.loop import notice
from stack.renewal.loop.expiry import Expiry
from tests.support.certs.authority import DAY, HOST, NOW
from tests.support.network.smtp_socket import Heard, listening

REMARK = "expired on 2026-11-20 12:00 UTC; renewal has failed 3 times: no way"


@pytest.fixture
def server(monkeypatch, tmp_path) -> Iterator[Heard]:
    """An SMTP server in the place of ours."""
    path = tmp_path / "own"
    monkeypatch.setattr(notice, "SOCKET", str(path))
    with listening(path) as heard:
        yield heard


def letter(server: Heard) -> EmailMessage:
    """Return the letter, as a mail program reads it."""
    lines = server.letter.splitlines(keepends=True)
    text = b"".join(line.removeprefix(b".") for line in lines)
    found = message_from_bytes(text, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def trouble(remark: str = REMARK, name: str = HOST) -> Expiry:
    """Return the expiry of a certificate with a problem."""
    return Expiry(name, NOW + 3 * DAY, "authority", remark, problem=True, urgent=True)


def test_notice_is_from_and_to_the_postmaster(server, settings):
    """Auto-Submitted marks it as automatic (RFC 3834)."""
    notice.send(settings, trouble(), NOW)

    found = letter(server)
    assert found["From"] == "Mail server <postmaster@example.org>"
    assert found["To"] == "postmaster@example.org"
    assert found["Subject"] == f"The certificate {HOST} needs your attention"
    assert found["Date"].datetime == NOW
    assert found["Message-ID"].endswith("@mail.example.org>")
    assert found["Auto-Submitted"] == "auto-generated"


def test_notice_names_problem_and_end(server, settings):
    """The notice holds what the operator needs to know."""
    notice.send(settings, trouble(), NOW)

    text = letter(server).get_content()
    assert (
        f"The certificate {HOST} of this mail server ends on 2026-11-26 12:00" in text
    )
    assert REMARK in text
    assert "docker compose run --rm stack cert check" in text


def test_envelope_sender_is_empty_and_ehlo_name_is_not_ours(server, settings):
    """A bounce would go nowhere, and Postfix refuses clients with its own name."""
    notice.send(settings, trouble(), NOW)

    assert server.said("EHLO") == b"ehlo certs.invalid"
    assert server.said("MAIL").upper().startswith(b"MAIL FROM:<>")
    assert server.said("RCPT").upper() == b"RCPT TO:<POSTMASTER@EXAMPLE.ORG>"


@pytest.mark.parametrize(
    "remark",
    [
        "x" * 5000,
        "word " * 1000,
        "the authority: café … \u2026" * 100,
        "TLSA 3 1 1 " + "ab" * 32,
        ".\n.\nQUIT",
    ],
)
def test_any_reason_arrives_whole(server, settings, remark):
    """In lines that every server takes (RFC 5321 §4.5.3.1.6)."""
    notice.send(settings, trouble(remark), NOW)

    text = letter(server).get_content().replace("\r\n", "\n")
    assert remark in text
    assert max(map(len, server.lines)) <= 1000
    assert all(line.endswith(b"\r\n") for line in server.lines)


def test_long_name_makes_no_long_line(server, settings):
    """253 characters are a host name still."""
    name = ".".join(["a" * 63] * 3 + ["b" * 61])

    notice.send(settings, trouble(name=name), NOW)

    assert max(map(len, server.lines)) <= 1000
    assert name in letter(server)["Subject"]


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_refused_notice_is_an_error(server, settings, verb):
    """Whichever step fails, the caller tries again in the next round."""
    server.refuses = verb

    with pytest.raises(SMTPException, match="Try again later"):
        notice.send(settings, trouble(), NOW)


def test_unreachable_postfix_is_an_error(settings, monkeypatch, tmp_path):
    """The loop goes on."""
    monkeypatch.setattr(notice, "SOCKET", str(tmp_path / "own"))

    with pytest.raises(OSError, match="No such file"):
        notice.send(settings, trouble(), NOW)
