"""A rotation that is killed at any step leaves keys that sign, and can go on."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from stack.cli import main
from stack.dns.dkim import keys, state
from stack.system.project import Project
from tests.support.project import prepared
from tests.support.project.kill_steps import be_quick, killed

DOMAIN = "example.org"


@pytest.fixture
def ready(tmp_path, monkeypatch) -> Project:
    """A project with the real templates; keys are made at once."""
    be_quick(monkeypatch)
    made = keys.new_rsa(2048)
    monkeypatch.setattr(keys, "new_rsa", lambda _: made)
    return prepared.project(tmp_path / "original")


def stack(project: Project, *arguments: str) -> str:
    """Run `stack`, which must succeed; return what it said."""
    done = CliRunner().invoke(main, ["--project", str(project.root), *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def signing(project: Project) -> set[str]:
    """Return the selectors that the signer's tables name, whose keys are all there."""
    found = set()
    for table in ("KeyTable", "KeyTableEd25519"):
        (row,) = [
            line.split()[1]
            for line in (project.etc / "dkim-sign" / table).read_text().splitlines()
            if not line.startswith("#")
        ]
        _, selector, file = row.split(":")
        assert (project.dkim / Path(file).relative_to("/keys")).exists()
        found.add(selector)
    return found


def test_a_kill_leaves_one_whole_pair_that_signs(ready, tmp_path):
    """
    The pair before, or the next one; the same command then does the rest.

    Until the switch nothing but the pair before signs, whatever else lies there.
    """
    project, command = Project(tmp_path / "killed"), ("dkim", "rotate", DOMAIN, "--now")
    before = signing(ready)
    seen = []

    def prepare() -> None:
        shutil.rmtree(project.root, ignore_errors=True)
        prepared.copy(ready, project.root)

    for _ in killed(prepare, lambda: stack(project, *command)):
        stack(project, "init", "--yes")
        found = signing(project)
        known = state.load(project.dkim, DOMAIN)
        assert found == {known.signing.rsa, known.signing.ed25519}
        seen.append(found == before)
        if seen[-1]:
            stack(project, *command)
        assert state.load(project.dkim, DOMAIN).retired

    # Once switched, never back.
    assert seen == sorted(seen, reverse=True)
    assert set(seen) == {True, False}
