"""`stack up`: the script of the project's own folder, on the machine itself."""

import pytest

from stack.system import processes


@pytest.fixture
def script(project, monkeypatch):
    """The script, which leaves a trace, on a machine that has docker."""
    monkeypatch.setattr(processes, "find", lambda program: f"/usr/bin/{program}")
    path = project.root / "tools" / "up.sh"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\npwd > {project.root}/trace\nexit 4\n")
    path.chmod(0o755)
    return path


def test_the_script_of_the_project_is_run(stack, project, script):
    """Its status is the command's."""
    assert stack("up").exit_code == 4
    assert (project.root / "trace").exists()


def test_a_container_starts_no_others(stack, project, script, monkeypatch):
    """It has no docker: the way that works is named."""
    monkeypatch.setattr(processes, "find", lambda _: None)

    done = stack("up")

    assert done.exit_code == 3
    assert "`tools/up.sh`" in done.stderr
    assert not (project.root / "trace").exists()


def test_half_a_project_is_told(stack, script):
    """Where the script is missing, nothing is guessed."""
    script.unlink()

    done = stack("up")

    assert done.exit_code == 3
    assert "up.sh: is missing" in done.stderr


def test_only_the_script_is_run(stack, project, script, monkeypatch):
    """With no argument: what it does is said in .env."""
    commands = []
    monkeypatch.setattr(
        processes, "run_attached", lambda each: commands.append(each) or 0
    )

    assert stack("up").exit_code == 0
    assert commands == [[str(script.resolve())]]
