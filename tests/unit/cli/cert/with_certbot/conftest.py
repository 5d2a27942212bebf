"""A project with a certbot of the tests."""

from collections.abc import Iterator

import pytest

from stack.dns import tlsa
from stack.dns.tlsa import Published
from stack.renewal.acme import certbot_program
from tests.support.certs.authority import HOST
from tests.support.network.mail_ports import all_ports, as_stored
from tests.support.renewal.certbot_lab import (
    Certbot,
    certificate,
    initialised,
    install,
    keep,
    remember,
    serve,
    settings_of,
)


@pytest.fixture
def ready(project, stack):
    """The project after `stack init`."""
    return initialised(project, stack)


@pytest.fixture
def certbot(ready, monkeypatch, tmp_path_factory) -> Iterator[Certbot]:
    """This is the container that has certbot; every port serves, no TLSA records."""
    program = tmp_path_factory.mktemp("certbot") / "certbot"
    program.touch()
    monkeypatch.setattr(certbot_program, "PATH", program)
    monkeypatch.setattr(tlsa, "published", lambda host: Published(frozenset(), 0))
    settings_of(ready)
    made = install(monkeypatch, ready)
    with all_ports(as_stored(ready, HOST)) as found:
        monkeypatch.setattr("stack.system.endpoints.find", lambda _: found)
        yield made


@pytest.fixture
def issued(ready, certbot) -> Certbot:
    """The same, with a certificate from an authority."""
    found = certificate()
    keep(ready, HOST, 1, found)
    serve(ready, HOST, found)
    remember(ready, comes_from="authority")
    return certbot


@pytest.fixture(autouse=True)
def kept(ready) -> None:
    """A project folder as the service certs sees it."""
    ready.acme.mkdir(exist_ok=True)
