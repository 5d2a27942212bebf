"""A deployment that is killed at any step leaves a server that works."""

import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner

from stack.apply import plan
from stack.certs import store
from stack.certs.bundle import Bundle
from stack.cli import main
from stack.config import envfile
from stack.renewal.deployment.deployer import Deployer
from stack.system import endpoints
from stack.system.project import Project
from tests.support.certs.authority import HOST
from tests.support.certs.bundles import bundle
from tests.support.project import prepared
from tests.support.project.kill_steps import be_quick, killed

MAIN, BESIDE = store.files_of(HOST)
OLD = {
    MAIN: bundle().pem,
    # Of no other kind, as it takes long to read an RSA key hundreds of times.
    BESIDE: bundle().pem,
    "a.example.pem": bundle("a.example", "*.a.example").pem,
}

# What is there before, and what is wanted of it.
STEPS = {
    "two more beside a new one": ({}, OLD),
    "two fewer and one more beside a new one": (
        OLD,
        {
            BESIDE: None,
            "b.example.pem": bundle("b.example").pem,
            "a.example.pem": None,
            MAIN: bundle().pem,
        },
    ),
}


@pytest.fixture
def quick(monkeypatch) -> None:
    """What is killed is the program, not the machine; and it is killed often."""
    be_quick(monkeypatch)


def usable(project: Project) -> dict[str, set[str]]:
    """Return the files in var/tls that each configuration names, if it is whole."""
    named = {}
    for service, texts in {
        "postfix": ("main.cf", "sni.texthash"),
        "dovecot": ("dovecot.conf",),
    }.items():
        folder = project.etc / service
        sums = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
        if subprocess.run(sums, cwd=folder, capture_output=True).returncode == 0:
            text = "".join((folder / each).read_text() for each in texts)
            named[service] = set(re.findall(r"/tls/([^\s/]+\.pem)", text))
            assert named[service]
    return named


def certificates(project: Project) -> dict[str, Bundle]:
    """Return what lies in var/tls under the name of a certificate."""
    paths = sorted(project.tls.glob("[!.]*.pem"))
    return {path.name: Bundle.parse(path.read_text()) for path in paths}


def changes(project: Project) -> list[str]:
    """Return what `stack init` would do."""
    return [each.words for each in plan.initial(project, {})]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", STEPS)
def test_kill_at_any_step_leaves_a_working_configuration(name, tmp_path, monkeypatch):
    """
    Every certificate there has its key, every configuration that a container would
    take names files that are there, and `stack init` brings all in order.
    """
    monkeypatch.setattr(endpoints, "find", lambda _: [])
    there, wanted = STEPS[name]
    original = prepared.project(tmp_path / "original")
    settings = envfile.load(original.env)
    Deployer(original, settings, list, 0).deploy(there)
    project = Project(tmp_path / "project")

    def prepare() -> None:
        shutil.rmtree(project.root, ignore_errors=True)
        prepared.copy(original, project.root)

    def work() -> None:
        Deployer(project, settings, list, 0).deploy(wanted)

    taken = []
    for step in killed(prepare, work):
        found = certificates(project)
        assert all(
            each.key_matches and each.covers(each.names[0]) for each in found.values()
        )
        named = usable(project)
        assert all(files <= found.keys() for files in named.values()), step
        taken.append(set(named))

        done = CliRunner().invoke(main, ["--project", str(project.root), "init"])
        assert (done.exit_code, changes(project)) == (0, []), (step, done.output)

    # Some of the kills were between two configurations, of which a container then
    # takes neither.
    assert usable(project).keys() == {"postfix", "dovecot"}
    assert {"postfix", "dovecot"} in taken
    assert set() in taken
    there = {path.name for path in project.tls.iterdir()}
    assert there == {MAIN, *(file for file, text in wanted.items() if text)}
