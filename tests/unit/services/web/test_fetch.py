"""A page is fetched as other mail servers fetch a policy."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from stack.certs.bundle import Bundle
from stack.services.web import fetch
from stack.services.web.fetch import FetchError, Page
from tests.support.certs.bundles import ROOT, bundle
from tests.support.network.mail_ports import always, closed, hangs, serving

HOST = "mta-sts.a.example"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\n"


def web(answer: bytes, served: Bundle | None = None):
    """Answer each request by *answer*."""
    shown = always(served or bundle(HOST))

    def manner(plain) -> None:
        with shown().wrap_socket(plain, server_side=True) as encrypted:
            while not encrypted.recv(4096).endswith(b"\r\n\r\n"):
                pass
            encrypted.sendall(answer)

    return manner


def page(text: bytes) -> bytes:
    """Return the whole answer for *text*."""
    return PAGE + b"Content-Length: %d\r\n\r\n" % len(text) + text


@contextmanager
def fetching(manner) -> Iterator[partial]:
    """Fetch from a server with that *manner*; all but the path is given."""
    client = ssl.create_default_context(cadata=ROOT.pem)
    with serving(443, manner) as place:
        yield partial(
            fetch.fetch,
            client,
            HOST,
            addresses=[place.address],
            port=place.at,
        )


def test_a_page_is_fetched_by_its_name():
    """The type comes without its parameters."""
    with fetching(web(page(b"version: STSv1\n"))) as get:
        assert get("/a") == Page(200, "text/plain", "version: STSv1\n")


def test_a_redirect_is_not_followed():
    """RFC 8461 §3.3 forbids it."""
    away = (
        b"HTTP/1.1 301 x\r\nLocation: https://b.example/\r\nContent-Length: 0\r\n\r\n"
    )

    with fetching(web(away)) as get:
        assert get("/a").status == 301


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        (web(page(b"x"), bundle("mail.a.example")), "certificate is not accepted"),
        (web(page(b"x"), bundle(HOST, by=())), "certificate is not accepted"),
        (web(page(b"x" * 70_000)), "more than 65536 bytes"),
        (web(b"SSH-2.0\r\n\r\n"), "does not answer"),
        (web(b""), "does not answer"),
        (hangs, "does not answer"),
    ],
    ids=["another name", "self-signed", "large", "no HTTP", "nothing", "silent"],
)
def test_what_senders_refuse_is_refused(monkeypatch, manner, words):
    """The error says why."""
    monkeypatch.setattr(fetch, "TIMEOUT", 1.0)

    with fetching(manner) as get, pytest.raises(FetchError, match=words):
        get("/a")


def test_a_name_without_an_address_is_told():
    """And so is one at which nobody listens."""
    client = ssl.create_default_context()
    nowhere = closed(443)

    with pytest.raises(FetchError, match="no address"):
        fetch.fetch(client, HOST, "/", [], 443)
    with pytest.raises(FetchError, match="does not answer"):
        fetch.fetch(client, HOST, "/", [nowhere.address], nowhere.at)
