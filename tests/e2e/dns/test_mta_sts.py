"""An MTA-STS policy is enforced only after a day on which others saw it right."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.certs.acme import Authority
from tests.support.faults.services import paused
from tests.support.server.server import HOSTNAME
from tests.support.server.web import Web, running
from tests.support.world.name_servers import name_server
from tests.support.world.name_servers.published_zone import publish
from tests.support.world.zones.records import OURS

DOMAIN, HOST = "example.test", "mta-sts.example.test"
RECORD = f"_mta-sts.{DOMAIN}"
SEEN = "var/dns/mta-sts.json"


@pytest.fixture(scope="module")
def web(server, certificates, issued) -> Iterator[Web]:
    """Have the web server running, and certificates that everybody trusts."""
    project = server.project
    with running(project) as found:
        certificates.issue("--web")
        root = Authority(project).root
        project.as_root(f"cat > var/acme/authorities.pem <<'END'\n{root}\nEND")
        publish(project)
        yield found
        project.as_root(f"rm -f {SEEN}")


def checked(web: Web) -> dict[str, dict[str, Any]]:
    """Return what `stack dns check` finds of the service web, by name."""
    done = web.project.stack("dns", "check", DOMAIN, "--json", check=False)
    return {
        each["name"]: each
        for each in json.loads(done.stdout)
        if each["kind"] in ("MTA-STS", "web")
    }


def enforce(web: Web, *options: str):
    """Run `stack dns mta-sts enforce`."""
    return web.project.stack("dns", "mta-sts", "enforce", *options, check=False)


@pytest.mark.core
def test_what_is_published_and_served_is_right(web):
    """`stack dns check` fetches the policy and the settings as others do."""
    found = checked(web)

    assert {name: each["status"] for name, each in found.items()} == {
        RECORD: "ok",
        HOST: "ok",
        f"autoconfig.{DOMAIN}": "ok",
    }, found


def test_a_record_that_announces_another_policy_is_wrong(web):
    """Senders would keep the policy that they know."""
    name_server.remove(web.project, [RECORD])
    name_server.add(web.project, [f'{RECORD}. 0 TXT "v=STSv1; id=20260101"'])
    try:
        found = checked(web)[RECORD]
    finally:
        republish(web)

    assert found["status"] == "wrong"
    assert "announces another policy" in found["remark"]
    assert found["wanted"][0].startswith(f"{RECORD}. ")


def republish(web: Web) -> None:
    """Have the world know again what a test took away."""
    (web.project.folder / "world" / OURS).write_text("")
    publish(web.project)


def test_a_policy_that_is_not_served_is_wrong(web):
    """The finding names the page and what to look at."""
    with paused(web.project, "web"):
        found = checked(web)[HOST]

    assert found["status"] == "wrong"
    assert f"https://{HOST}/.well-known/mta-sts.txt" in found["remark"]
    assert "does not answer" in found["remark"]


def test_the_policy_is_enforced_after_a_day(web):
    """
    Before a day is over, `dns mta-sts enforce` is refused; a fault begins it anew.

    Then senders are told to deliver to a trusted certificate only, for four weeks. The
    command prints the new record.
    """
    project = web.project
    project.as_root(f"rm -f {SEEN}")
    early = enforce(web)
    backdate(web)
    with paused(web.project, "web"):
        faulty = enforce(web)
    after_fault = enforce(web)
    backdate(web)
    done = enforce(web)
    policy = web.get(HOST, "/.well-known/mta-sts.txt").text
    outdated = checked(web)[RECORD]
    withdrawn = project.stack("dns", "mta-sts", "none")

    assert (early.returncode, faulty.returncode, after_fault.returncode) == (1, 1, 1)
    assert f"{DOMAIN} is right, but not for a day yet" in early.stderr
    assert "does not answer" in faulty.stderr
    assert "not for a day yet" in after_fault.stderr
    assert done.returncode == 0, done.stderr
    assert policy.splitlines() == [
        "version: STSv1",
        "mode: enforce",
        f"mx: {HOSTNAME}",
        "max_age: 2419200",
    ]
    assert f"{RECORD}. " in done.stdout
    assert outdated["status"] == "wrong"
    # There is one for each domain of the server.
    assert set(outdated["wanted"]) <= set(done.stdout.splitlines())
    assert "mode: none" in web.get(HOST, "/.well-known/mta-sts.txt").text
    assert withdrawn.stdout != done.stdout


def backdate(web: Web) -> None:
    """Let a day pass."""
    sed = r's/"right_since": *"[^"]*"/"right_since": "2026-01-01T00:00:00Z"/'
    web.project.as_root(f"sed -i '{sed}' {SEEN}")
