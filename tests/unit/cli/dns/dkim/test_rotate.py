"""`stack dkim rotate`: next keys are made, published, and then sign."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from stack.cli.dns.dkim import steps
from stack.dns.dkim import keys, rotation, state
from tests.support.network.zone_servers import SILENCE

MONTH = f"{datetime.now(UTC):%Y%m}"
OLD = f"example.org rsa-{MONTH} ed25519-{MONTH}\n"
NEW = f"example.org rsa-{MONTH}b ed25519-{MONTH}b\n"
NAME = f"rsa-{MONTH}b._domainkey.example.org"


@pytest.fixture
def home(ready):
    """The directory of the domain's keys."""
    return ready.dkim / "example.org"


def names(home) -> set[str]:
    """Return what lies there."""
    return {path.name for path in home.iterdir()}


def test_the_next_keys_are_made_and_do_not_sign(stack, ready, tables):
    """stdout has the records to publish; the signer's tables are as before."""
    done = stack("dkim", "rotate", "example.org")

    records = state.load(ready.dkim, "example.org").next.records_of(
        ready.dkim / "example.org"
    )
    assert done.exit_code == 0
    assert [line.split(maxsplit=2) for line in done.stdout.splitlines()] == [
        [f"{selector}._domainkey.example.org", "TXT", text]
        for selector, text in records.items()
    ]
    assert "Then run `stack dkim rotate example.org` again" in done.stderr
    assert "4096" not in done.stderr
    assert tables() == OLD
    shown = stack("dns", "show", "--format", "zone").stdout
    assert f"\n{NAME}. 3600 IN TXT " in shown
    assert stack("init").stderr == "Nothing changed.\n"


@pytest.mark.parametrize(
    ("second", "words"), [([], "has no such record"), (SILENCE, "gives no answer")]
)
def test_one_name_server_that_does_not_show_them_is_named(
    stack, ready, published, tables, second, words
):
    """The keys before go on; exit 1, with each record and its place."""
    stack("dkim", "rotate", "example.org")

    with published(second):
        done = stack("dkim", "rotate", "example.org")

    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        f"Error: {kind}-{MONTH}b._domainkey.example.org: ns2.example.net (192.0.2.2)"
        f" {words}"
        for kind in ("rsa", "ed25519")
    ]
    assert tables() == OLD


def test_a_domain_whose_name_servers_are_not_found_waits(stack, ready, tables, lost):
    """Nothing is taken to be published; another resolver may know better."""
    stack("dkim", "rotate", "example.org")

    done = stack("dkim", "rotate", "example.org", "--resolver", "192.0.2.53")

    assert done.exit_code == 1
    assert [str(each[0]) for each in lost] == ["Do53:192.0.2.53@53"]
    assert "the name servers of example.org are not found" in done.stderr
    assert tables() == OLD


def test_keys_that_all_name_servers_show_sign(
    stack, ready, published, tables, home, container
):
    """The signer takes them, and the private keys before are destroyed."""
    container("dkim-sign")
    stack("dkim", "rotate", "example.org")

    with published():
        done = stack("dkim", "rotate", "example.org")

    assert (done.exit_code, done.stdout) == (0, "")
    assert f"signs with rsa-{MONTH}b and ed25519-{MONTH}b now" in done.stderr
    assert f"Keep rsa-{MONTH}._domainkey.example.org and" in done.stderr
    assert tables() == NEW
    assert names(home) == {f"rsa-{MONTH}b.pem", f"ed25519-{MONTH}b.seed", "state.json"}
    shown = stack("dns", "show", "--format", "zone").stdout
    assert f"\nrsa-{MONTH}._domainkey.example.org. 3600 IN TXT " in shown


def test_private_keys_are_kept_until_the_signer_lets_go(stack, ready, published, home):
    """While it is down it may go back to the tables before, at its next start."""
    stack("dkim", "rotate", "example.org")

    with published():
        assert stack("dkim", "rotate", "example.org").exit_code == 0

    assert {f"rsa-{MONTH}.pem", f"ed25519-{MONTH}.seed"} < names(home)


def test_private_keys_are_kept_when_the_signer_refuses(
    stack, ready, published, home, container
):
    """It goes on with the keys before, which is told."""
    stack("dkim", "rotate", "example.org")
    container("dkim-sign", "no such key")

    with published():
        done = stack("dkim", "rotate", "example.org")

    assert done.exit_code == 1
    assert "dkim-sign goes on with its last good configuration" in done.stderr
    assert {f"rsa-{MONTH}.pem", f"ed25519-{MONTH}.seed"} < names(home)


def test_stack_init_destroys_what_the_signer_has_let_go(
    stack, ready, published, home, container
):
    """Once it is up again, and works with its new tables."""
    stack("dkim", "rotate", "example.org")
    with published():
        stack("dkim", "rotate", "example.org")
        container("dkim-sign")
        done = stack("init")

    assert f"remove var/dkim/example.org/rsa-{MONTH}.pem" in done.stderr
    assert names(home) == {f"rsa-{MONTH}b.pem", f"ed25519-{MONTH}b.seed", "state.json"}


def test_stack_init_takes_the_second_step(stack, ready, published, tables, container):
    """If the records are there; otherwise it says what to look at, and exits 0."""
    container("dkim-sign")
    stack("dkim", "rotate", "example.org")

    with published([]):
        waits = stack("init")
    before = tables()
    with published():
        done = stack("init")

    assert (waits.exit_code, done.exit_code) == (0, 0)
    assert "`stack dkim show example.org` tells where" in waits.stderr
    assert (before, tables()) == (OLD, NEW)


def test_stack_init_asks_nobody_while_the_signer_is_down(stack, ready, lost):
    """As at the start of all containers: no name server answers yet."""
    stack("dkim", "rotate", "example.org")

    done = stack("init")

    assert (done.exit_code, done.stderr) == (0, "Nothing changed.\n")
    assert lost == []


def test_now_does_not_ask_the_dns(stack, ready, tables):
    """Next keys are made and sign at once; their records are printed."""
    done = stack("dkim", "rotate", "example.org", "--now")

    assert done.exit_code == 0
    assert NAME in done.stdout
    assert "again" not in done.stderr
    assert tables() == NEW


def test_next_keys_that_wait_are_used_at_once_on_demand(stack, ready, tables):
    """--now as the second step."""
    stack("dkim", "rotate", "example.org")

    assert stack("dkim", "rotate", "example.org", "--now").exit_code == 0

    assert tables() == NEW


def test_all_domains_are_rotated(stack, ready, published):
    """Each for itself: one that waits keeps none of the others."""
    stack("domain", "add", "a.example")
    stack("dkim", "rotate", "a.example")

    with published():
        done = stack("dkim", "rotate", "--all")

    assert done.exit_code == 0
    assert f"rsa-{MONTH}b._domainkey.example.org" in done.stdout
    assert "a.example signs with" in done.stderr
    assert state.load(ready.dkim, "example.org").next
    assert not state.load(ready.dkim, "a.example").next


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        ((), 2, "name domains, or give --all"),
        (("example.org", "--all"), 2, "name domains, or give --all"),
        (("example.net",), 1, "example.net: is not a domain of this server"),
        (("example.org", "--bits", "1024"), 2, "'1024' is not one of"),
        (("example.org", "--resolver", "ns1"), 2, "'ns1' must be an IP address"),
    ],
)
def test_a_wrong_argument_changes_nothing(
    stack, ready, home, arguments, status, reason
):
    """The reason is told."""
    before = names(home)

    done = stack("dkim", "rotate", *arguments)

    assert done.exit_code == status
    assert reason in done.stderr
    assert names(home) == before


def test_the_length_is_that_of_the_setting_or_the_option(stack, ready, home):
    """For one rotation, or for all; keys that are made keep theirs."""
    first = stack("dkim", "rotate", "example.org", "--bits", "4096")
    again = stack("dkim", "rotate", "example.org", "--bits", "2048")
    with ready.env.open("a") as file:
        file.write("DKIM_RSA_BITS=4096\n")
    stack("domain", "add", "a.example")

    assert keys.bits(keys.rsa_record(home / f"rsa-{MONTH}b.pem")) == 4096
    assert keys.bits(keys.rsa_record(home / f"rsa-{MONTH}.pem")) == 2048
    (other,) = ready.dkim.glob("a.example/*.pem")
    assert keys.bits(keys.rsa_record(other)) == 4096
    assert "see that it gives the whole text, in three strings" in first.stderr
    assert again.exit_code == 1
    assert "finish this rotation without it first" in again.stderr


def test_retired_keys_are_forgotten_when_the_dns_shows_them_no_more(
    stack, ready, published, container, monkeypatch
):
    """After their week; until then the command says which records to remove."""
    container("dkim-sign")
    stack("dkim", "rotate", "example.org", "--now")
    with published():
        early = stack("init")
        monkeypatch.setattr(state, "RETIRED_FOR", timedelta(0))
        late = stack("init")
        assert state.load(ready.dkim, "example.org").retired
    with published():
        over = stack("init")

    assert early.stderr == "Nothing changed.\n"
    assert f"Remove rsa-{MONTH}._domainkey.example.org and" in late.stderr
    assert "write var/dkim/example.org/state.json" in over.stderr
    assert not state.load(ready.dkim, "example.org").retired


def test_a_silent_name_server_keeps_retired_keys_in_mind(
    stack, ready, published, container, monkeypatch
):
    """Nobody knows whether it shows them still."""
    container("dkim-sign")
    stack("dkim", "rotate", "example.org", "--now")
    monkeypatch.setattr(state, "RETIRED_FOR", timedelta(0))

    with published(SILENCE):
        stack("init")

    assert state.load(ready.dkim, "example.org").retired


def test_keys_that_another_command_has_changed_do_not_sign(
    stack, ready, published, tables, monkeypatch
):
    """What the DNS was asked for is what signs, or nothing."""
    stack("dkim", "rotate", "example.org")

    def look(project, domain, pair, resolver):
        for path, text in rotation.begun(project.dkim, domain, datetime.now(UTC), 2048):
            path.write_text(text)
        return []

    monkeypatch.setattr(steps, "not_shown", look)
    done = stack("dkim", "rotate", "example.org")

    assert done.exit_code == 1
    assert "another command has changed its keys meanwhile" in done.stderr
    assert tables() == OLD


def test_a_removed_domain_leaves_the_keys_that_signed(stack, ready, home):
    """Its rotation is over: next and retired keys go, and what was recorded."""
    stack("domain", "add", "a.example")
    before = {path.name for path in (ready.dkim / "a.example").iterdir()}
    stack("dkim", "rotate", "a.example")

    done = stack("domain", "remove", "a.example")

    assert done.exit_code == 0
    assert {path.name for path in (ready.dkim / "a.example").iterdir()} == before
    stack("domain", "add", "a.example")
    shown = json.loads(stack("dns", "show", "--json").stdout)
    assert len([r for r in shown[1]["records"] if "_domainkey" in r["name"]]) == 2
