"""`stack status` where something is wrong that other commands end on."""

import json
from pathlib import Path

import pytest

from stack import endpoints, listings
from stack.project import Project
from tests.unit import prepared
from tests.unit.issuing import HOST
from tests.unit.mailports import all_ports, as_configured


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project after `stack init`, with the real templates."""
    return prepared.project(tmp_path)


@pytest.fixture(autouse=True)
def outside(monkeypatch) -> None:
    """On the machine itself, where Docker shows no container; no list is asked."""
    monkeypatch.setattr(endpoints, "INSIDE", Path("/nowhere"))
    monkeypatch.setattr(endpoints, "containers", lambda _: [])
    monkeypatch.setattr(listings, "states", lambda *_: [])


def bad_rows(done) -> list[tuple[str, str, str]]:
    """Return what isn't well, of the JSON that was printed."""
    rows = json.loads(done.stdout)
    return [(row["kind"], row["name"], row["state"]) for row in rows if not row["ok"]]


def test_a_broken_env_is_told_beside_all_else(stack, project, monkeypatch):
    """Each of its problems in a row; ports and certificates are known all the same."""
    project.env.write_text(project.env.read_text() + "SMTP_PORT=x\nFOO=1\n")

    with all_ports(as_configured(project)) as found:
        monkeypatch.setattr(endpoints, "find", lambda _: found)
        done = stack("status", "--json")

    rows = json.loads(done.stdout)
    assert done.exit_code == 1
    assert bad_rows(done) == [
        (
            "settings",
            ".env",
            ".env line 3: SMTP_PORT=x must be a whole number from 0 to 65535",
        ),
        ("settings", ".env", ".env line 4: FOO is not a setting: see docs/settings.md"),
    ]
    assert sum(row["kind"] == "port" and row["ok"] for row in rows) == 5
    assert [row["name"] for row in rows if row["kind"] == "certificate"] == [HOST]


def test_a_lost_env_is_told(stack, project):
    """With what makes one."""
    project.env.unlink()

    done = stack("status", "--json")

    ((_, _, words),) = [row for row in bad_rows(done) if row[0] == "settings"]
    assert done.exit_code == 1
    assert "is missing: run `stack init`" in words


def test_without_an_engine_it_says_so(stack, project, monkeypatch):
    """And what is known without: the certificates."""
    monkeypatch.setattr(endpoints, "containers", lambda _: None)
    monkeypatch.setattr(endpoints, "is_inside", lambda: False)
    monkeypatch.setattr(endpoints, "_addresses", nowhere)

    done = stack("status", "--json")

    assert done.exit_code == 1
    assert [row[:2] for row in bad_rows(done)] == [
        ("engine", "Docker"),
        ("port", "all"),
    ]
    assert "doesn't answer: start it" in bad_rows(done)[0][2]
    assert f'"name": "{HOST}"' in done.stdout


def test_a_damaged_state_hides_nothing(stack, project):
    """What can't be read is a row; the kernel and the ports are told as well."""
    (project.tls / f"{HOST}.pem").write_text("no certificate\n")

    done = stack("status")

    assert done.exit_code == 1
    assert "no certificate" not in done.stdout
    assert f"{HOST}.pem" in done.stdout
    assert "not running" in done.stdout


def nowhere(service: str, port: int) -> list[object]:
    """Raise what a machine does that knows no such name."""
    raise endpoints.UnableError("from here the mail ports can't be found")
