"""A project with a fake certbot, which issues from a test authority."""

import atexit
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp

import pytest

from stack.certs import store
from stack.certs.bundle import Bundle
from stack.config import envfile
from stack.config.settings import Settings
from stack.renewal.acme import certbot_program, directory, lineages
from stack.renewal.acme.directory import Directory
from stack.renewal.state import state_file
from stack.system import processes
from stack.system.processes import Result
from stack.system.project import Project
from tests.support.certs.authority import (
    DAY,
    HOST,
    Issued,
    authority,
    ecdsa,
    rsa_key,
    server,
)

# For what reads the clock itself; whole seconds, as in certificates.
NOW = datetime.now(UTC).replace(microsecond=0)
URL = "https://acme.ca.test:14000/dir"
ELSEWHERE = "https://other.ca.test/dir"
ENV = f"MAIL_DOMAIN=example.org\nMAIL_HOSTNAME={HOST}\n"

VALID = {"begin": NOW - 400 * DAY, "end": NOW + 400 * DAY}
ROOT = authority("Root", **VALID)
MIDDLE = authority("Middle", ROOT, **VALID)


# What `stack init` makes, when it was called once.
_INITIALISED: list[Path] = []


def initialised(project: Project, stack: Callable) -> Project:
    """Prepare *project* as `stack init` does; the work is done once and copied."""
    project.env.write_text(ENV)
    if _INITIALISED:
        copytree(_INITIALISED[0], project.var)
        return project
    assert stack("init").exit_code == 0
    kept = Path(mkdtemp(prefix="mailstack-"))
    atexit.register(rmtree, kept, ignore_errors=True)
    copytree(project.var, kept, dirs_exist_ok=True)
    _INITIALISED.append(kept)
    return project


def certificate(
    *hosts: str, key: object = None, begin: timedelta = -DAY, end: timedelta = 89 * DAY
) -> Issued:
    """Issue a certificate for *hosts* that begins and ends that far from now."""
    hosts = hosts or (HOST,)
    dates = {"begin": NOW + begin, "end": NOW + end}
    return server(MIDDLE, hosts[0], key=key or ecdsa(), names=hosts, **dates)


def bundle(issued: Issued) -> Bundle:
    """Return *issued* as it is served."""
    return Bundle(issued.key, (issued.certificate, MIDDLE.certificate))


def pem(issued: Issued) -> str:
    """Return *issued* as its file in var/tls holds it."""
    return bundle(issued).pem


def keep(
    project: Project, name: str, version: int, issued: Issued, url: str = URL
) -> None:
    """Write *issued* as certbot's *version* of the lineage *name*."""
    archive = project.acme / "certbot" / "archive" / name
    renewal = project.acme / "certbot" / "renewal"
    for folder in (archive, renewal):
        folder.mkdir(parents=True, exist_ok=True)
    chain = MIDDLE.pem
    for part, text in {
        "privkey": issued.key_pem,
        "cert": issued.pem,
        "chain": chain,
        "fullchain": issued.pem + chain,
    }.items():
        (archive / f"{part}{version}.pem").write_text(text)
    lines = ("version = 5.8.0", "[renewalparams]", f"server = {url}", "key_type = x")
    (renewal / f"{name}.conf").write_text("\n".join(lines) + "\n")


def serve(project: Project, name: str, issued: Issued, rsa: Issued | None = None):
    """Write *issued* to var/tls as the certificate *name*."""
    main, beside = store.files_of(name)
    project.write(project.tls / main, pem(issued))
    if rsa:
        project.write(project.tls / beside, pem(rsa))


def served(project: Project, name: str = HOST) -> Bundle:
    """Return the main certificate *name* in var/tls."""
    return store.load(project.tls)[name].main


def remember(project: Project, name: str = HOST, **facts: object) -> None:
    """Set *facts* in the state of the certificate *name*."""
    found = state_file.load(project)
    for fact, value in facts.items():
        setattr(found.of(name), fact, value)
    state_file.save(project, found)


def remembered(project: Project, name: str = HOST) -> state_file.CertificateState:
    """Return the state of the certificate *name*."""
    return state_file.load(project).of(name)


def settings_of(project: Project, **values: str) -> Settings:
    """Write *values* into .env, and return the settings."""
    text = project.env.read_text() if project.env.exists() else ENV
    values = {"ACME_DIRECTORY": URL, **values}
    project.env.write_text(envfile.with_values(text, values))
    return envfile.load(project.env)


class Certbot:
    """Does what certbot does, as far as we use it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.calls: list[list[str]] = []
        self.due = False
        self.lifetime = 89 * DAY
        self.failure = ""
        """The output of a failure; empty: success."""
        self.before = lambda verb: None
        """Is called with the verb at the beginning of each call."""

    @property
    def verbs(self) -> list[str]:
        """The verb of each call, in order."""
        return [call[0] for call in self.calls]

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float
    ) -> Result:
        """Stand in for the program."""
        assert command[0] == str(certbot_program.PATH)
        words = list(command[1:])
        self.calls.append(words)
        self.before(words[0])
        if self.failure:
            return Result(1, self.failure)
        getattr(self, words[0])(words)
        return Result(0, "")

    def certonly(self, words: list[str]) -> None:
        """Issue what is due or forced; keep it unless it is a dry run."""
        name, hosts = (
            _after(words, "--cert-name"),
            _after(words, "--domains").split(","),
        )
        last = lineages.latest(self.project.acme, name)
        same = last is not None and set(last.names) == set(hosts)
        if "--dry-run" in words or (
            same and not self.due and "--force-renewal" not in words
        ):
            return
        keeps = last and "--reuse-key" in words and "--new-key" not in words
        key = last.key if keeps else self._key(words)
        issued = certificate(*hosts, key=key, end=self.lifetime)
        found = self._archive(name).glob("fullchain*")
        version = 1 + max((int(each.stem[9:]) for each in found), default=0)
        keep(self.project, name, version, issued, _after(words, "--server"))

    def revoke(self, words: list[str]) -> None:
        """Do nothing: `calls` has the arguments."""
        assert Path(_after(words, "--cert-path")).is_file()

    def delete(self, words: list[str]) -> None:
        """Remove the whole lineage."""
        name = _after(words, "--cert-name")
        rmtree(self._archive(name))
        (self.project.acme / "certbot" / "renewal" / f"{name}.conf").unlink()

    def _archive(self, name: str) -> Path:
        return self.project.acme / "certbot" / "archive" / name

    def _key(self, words: list[str]) -> object:
        if _after(words, "--key-type") == "rsa":
            return rsa_key(int(_after(words, "--rsa-key-size")))
        return ecdsa()


def install(monkeypatch: pytest.MonkeyPatch, project: Project) -> Certbot:
    """Replace certbot for *project*; no mail port runs."""
    program = Certbot(project)
    monkeypatch.setattr(processes, "run", program.run)
    monkeypatch.setattr("stack.system.endpoints.find", lambda root: [])
    monkeypatch.setattr(directory, "read", lambda *_: Directory("", ("ca.test",)))
    return program


def _after(words: Sequence[str], option: str) -> str:
    return words[words.index(option) + 1]
