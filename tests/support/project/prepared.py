"""Projects with the real templates after `stack init`: made once, then copied."""

import atexit
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from click.testing import CliRunner

from stack.cli import main
from stack.dns import tlsa
from stack.system import endpoints
from stack.system.project import Project
from tests.support.certs.bundles import ROOT
from tests.support.network.mail_ports import all_ports, as_configured
from tests.support.places import CONFIG as REAL

ENV = "MAIL_DOMAIN=example.org\nMAIL_HOSTNAME=mail.example.org\n"


@cache
def _original() -> Project:
    root = Path(mkdtemp(prefix="mailstack-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    made = Project(root)
    made.config.symlink_to(REAL)
    made.env.write_text(ENV)
    done = CliRunner().invoke(main, ["--project", str(root), "init"])
    assert done.exit_code == 0, done.output
    return made


def project(root: Path) -> Project:
    """Return a project of example.org, copied to *root*."""
    return copy(_original(), root)


def copy(project: Project, root: Path) -> Project:
    """Copy *project*, which takes less time than another one, to *root*."""
    shutil.copytree(project.root, root, symlinks=True, dirs_exist_ok=True)
    return Project(root)


def trusting(project: Project) -> Project:
    """Have *project* trust the root of what is in `current`."""
    project.write(project.acme / "authorities.pem", ROOT.pem)
    return project


@contextmanager
def running(project: Project, monkeypatch) -> Iterator[Project]:
    """Have every mail port serve *project*, outside of containers; its DNS is empty."""
    monkeypatch.setattr(endpoints, "INSIDE", Path("/nowhere"))
    nothing = tlsa.Published(frozenset(), 0)
    monkeypatch.setattr(tlsa, "published", lambda _: nothing)
    with all_ports(as_configured(project)) as found:
        monkeypatch.setattr(endpoints, "find", lambda _: found)
        yield project


def contents(project: Project) -> dict[str, bytes]:
    """Return the content of every file of *project*."""
    files = (path for path in project.root.rglob("*") if path.is_file())
    return {str(path.relative_to(project.root)): path.read_bytes() for path in files}


def source_of(project: Project, name: str) -> str | None:
    """Return the recorded source of the certificate *name*."""
    state = json.loads((project.acme / "state.json").read_text())
    found = state["certificates"].get(name)
    return found and found["comes_from"]
