"""`stack cert self-signed` and `remove`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.certs import store
from stack.system.project import Project
from tests.support.certs.authority import HOST
from tests.support.certs.bundles import bundle, put
from tests.support.project import prepared
from tests.support.project.prepared import contents, source_of

MAIN, _ = store.files_of(HOST)


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Iterator[Project]:
    """A project with the real templates, served by every mail port, and no DNS."""
    with prepared.running(prepared.project(tmp_path), monkeypatch) as made:
        yield made


# --- self-signed ---


def test_self_signed_is_for_mail_hostname(stack, project):
    """With a new key each time."""
    before = store.load(project.tls)[HOST].main

    done = stack("cert", "self-signed")

    made = store.load(project.tls)[HOST].main
    assert (done.exit_code, done.stdout) == (0, "")
    assert (made.names, made.issuer) == ((HOST,), "itself")
    assert made.key_digest != before.key_digest
    assert source_of(project, HOST) == "operator"


def test_self_signed_is_named_by_the_first_host(stack, project):
    """The default one stays; names are in the form in which the DNS has them."""
    as_it_was = (project.tls / MAIN).read_bytes()

    done = stack("cert", "self-signed", "A.example", "b.example")

    assert done.exit_code == 0
    assert store.load(project.tls)["a.example"].main.names == ("a.example", "b.example")
    assert (project.tls / MAIN).read_bytes() == as_it_was


@pytest.mark.parametrize(
    "host", ["localhost", "a b", "*.example.org", "../x", "192.0.2.1"]
)
def test_invalid_host_is_refused(stack, project, host):
    """Neither of a file nor in a certificate."""
    as_it_was = contents(project)

    for command in ("self-signed", "remove"):
        assert stack("cert", command, host).exit_code == 2
    assert contents(project) == as_it_was


# --- remove ---


def test_removed_certificate_leaves_the_state(stack, project):
    """Its files, its names in the configuration, and what was remembered of it."""
    stack("cert", "self-signed", "a.example")
    put(project.tls, a__example__rsa=bundle("a.example", rsa=True))
    stack("init")
    assert "a.example" in (project.etc / "dovecot" / "dovecot.conf").read_text()

    done = stack("cert", "remove", "A.EXAMPLE")

    assert done.exit_code == 0
    assert done.stderr.index("SHA256SUMS") < done.stderr.index("remove var/tls/a.exam")
    assert sorted(path.name for path in project.tls.iterdir()) == [MAIN]
    assert "a.example" not in (project.etc / "dovecot" / "dovecot.conf").read_text()
    assert source_of(project, "a.example") is None
    assert stack("cert", "remove", "a.example").exit_code == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (HOST, "can't be removed, as clients without SNI get it"),
        ("a.example", "there is no certificate of that name: see `stack cert show`"),
    ],
)
def test_refused_removal_changes_nothing(stack, project, name, reason):
    """The host's own is needed, and one that isn't there can't go."""
    as_it_was = contents(project)

    done = stack("cert", "remove", name)

    assert done.exit_code == 1
    assert reason in done.stderr
    assert contents(project) == as_it_was
