"""A project directory to work on, and the command to do it with."""

from pathlib import Path

import docker
import pytest
from click.testing import CliRunner, Result
from docker.errors import DockerException
from sqlalchemy.orm import Session

from stack.accounts.store import database
from stack.cli import main
from stack.config.settings import Settings
from stack.dns.resolver import dnsbl_status
from stack.system import endpoints
from stack.system.project import Project
from tests.support.project.services import services

ENV = "MAIL_DOMAIN=example.org\nMAIL_HOSTNAME=mail.example.org\n"

TEMPLATES = {
    "postfix/main.cf.j2": "myhostname = {{ mail_hostname }}\n",
    "postfix/pcre/headers": "/^X-{{ not a setting }}/ IGNORE\n",
    "dkim-sign/KeyTable.j2": (
        "{% for key in dkim_keys %}\n"
        "{{ key.domain }} {{ key.rsa_selector }} {{ key.ed25519_selector }}\n"
        "{% endfor %}\n"
    ),
}


@pytest.fixture(autouse=True)
def no_engine(monkeypatch) -> None:
    """
    No unit test asks Docker, whether or not an engine runs on the machine.

    Where none runs, Docker's library forgets to close the socket that it tried.
    """

    def refuse(**_: object):
        raise DockerException("unit tests ask no Docker engine")

    monkeypatch.setattr(docker, "from_env", refuse)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")


@pytest.fixture
def settings() -> Settings:
    """The smallest settings there are."""
    return Settings(mail_domain="example.org", mail_hostname="mail.example.org")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project directory with templates, before the first `stack init`."""
    for name, text in TEMPLATES.items():
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project(tmp_path)


@pytest.fixture
def stack(project: Project):
    """Call `stack` on the project; `input` is its stdin, which is no terminal."""

    def call(*arguments: str, input: str = "") -> Result:
        argv = ["--project", str(project.root), *arguments]
        return CliRunner().invoke(main, argv, prog_name="stack", input=input)

    return call


@pytest.fixture
def ready(project: Project, stack) -> Project:
    """The project after `stack init`, with example.org for its domain."""
    project.env.write_text(ENV)
    assert stack("init").exit_code == 0
    return project


@pytest.fixture
def container(project: Project, tmp_path: Path, monkeypatch):
    """Have a service of the project be up, and say words against all that is new."""
    with services(project, tmp_path / "verdicts", monkeypatch) as start:
        yield start


@pytest.fixture
def session(tmp_path: Path):
    """An open transaction on an empty database."""
    path = tmp_path / "accounts.db"
    database.migrate(path)
    with database.session(path) as opened:
        yield opened


@pytest.fixture
def accounts_of(session: Session):
    """Put domains and users into the database, from their addresses."""
    from stack.accounts import domains, users

    def fill(*addresses: str) -> Session:
        for address in addresses:
            domains.add(session, address.rpartition("@")[2])
            users.add(session, address, "{ARGON2ID}hash", None)
        return session

    return fill


@pytest.fixture
def found(monkeypatch) -> list[endpoints.Endpoint]:
    """Where the mail ports are, to be filled: nowhere at first."""
    places: list[endpoints.Endpoint] = []
    monkeypatch.setattr(endpoints, "find", lambda _: places)
    return places


@pytest.fixture
def answered(monkeypatch) -> list[tuple[str, str]]:
    """What the block lists answer, to be filled; nobody is asked."""
    states: list[tuple[str, str]] = []
    monkeypatch.setattr(dnsbl_status, "statuses", lambda *_: states)
    return states


@pytest.fixture
def health(monkeypatch) -> list[tuple[str, str]]:
    """How Docker finds the containers, to be filled: there are none at first."""
    states: list[tuple[str, str]] = []
    monkeypatch.setattr(endpoints, "health", lambda _: states)
    # On the machine itself.
    monkeypatch.setattr(endpoints, "INSIDE", Path("/nowhere"))
    monkeypatch.setattr(endpoints, "containers", lambda _: [])
    return states
