"""A key without a TLSA record is served with --despite-tlsa only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.certs.bundle import Bundle
from stack.dns import tlsa
from stack.system.errors import UnableError
from stack.system.project import Project
from tests.support.certs.authority import HOST
from tests.support.certs.bundles import bundle, put
from tests.support.project import prepared
from tests.support.project.prepared import contents

GOOD = bundle()


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Iterator[Project]:
    """A project with the real templates, served by every mail port, and no DNS."""
    made = prepared.trusting(prepared.project(tmp_path / "project"))
    with prepared.running(made, monkeypatch):
        yield made


def saved(folder: Path, bundle: Bundle, name: str = "new.pem") -> str:
    """Save *bundle* to a file in *folder*, and return its name."""
    (folder / name).write_text(bundle.pem)
    return str(folder / name)


@pytest.mark.parametrize("name", [HOST, "other.example"])
def test_dns_failure_is_a_warning(stack, project, tmp_path, monkeypatch, name):
    """The command goes on, and only for MAIL_HOSTNAME the DNS is asked."""

    def published(host: str) -> tlsa.Published:
        raise UnableError(f"no answer about {host}")

    monkeypatch.setattr(tlsa, "published", published)

    done = stack("cert", "import", "--name", name, saved(tmp_path, bundle(name)))

    assert done.exit_code == 0
    assert ("Warning: no answer about" in done.stderr) is (name == HOST)


@pytest.fixture
def promised(project, monkeypatch):
    """The DNS has a TLSA record for another key."""
    digest = bytes.fromhex(bundle().key_digest)
    records = frozenset({tlsa.Tlsa(3, 1, 1, digest)})
    monkeypatch.setattr(tlsa, "published", lambda _: tlsa.Published(records, 77))


@pytest.mark.usefixtures("promised")
def test_key_without_tlsa_record_is_refused(stack, project, tmp_path):
    """The message names the record and the time to wait. Nothing has changed."""
    as_it_was = contents(project)

    imported = stack("cert", "import", saved(tmp_path, GOOD))
    made = stack("cert", "self-signed")

    assert (imported.exit_code, made.exit_code) == (1, 1)
    assert f"publish TLSA {tlsa.record_for(GOOD)} there" in imported.stderr
    assert "when 77 seconds have passed" in imported.stderr
    assert contents(project) == as_it_was


@pytest.mark.usefixtures("promised")
def test_despite_tlsa_serves_it(stack, project, tmp_path):
    """Records of MAIL_HOSTNAME don't count for other names."""
    other = saved(tmp_path, bundle("a.example"), "other.pem")

    assert (
        stack("cert", "import", "--despite-tlsa", saved(tmp_path, GOOD)).exit_code == 0
    )
    assert stack("cert", "import", "--name", "a.example", other).exit_code == 0


@pytest.mark.usefixtures("promised")
def test_served_key_is_accepted(stack, project, tmp_path):
    """A renewal with the served key changes nothing for DANE clients."""
    put(project.tls, mail__example__org=GOOD)
    renewed = bundle(key=GOOD.key)

    assert stack("cert", "import", saved(tmp_path, renewed)).exit_code == 0
