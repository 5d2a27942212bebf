"""`stack dkim show`: the keys of each domain, and what the DNS shows of them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from stack.dns.dkim import state
from tests.support.network.zone_servers import SILENCE

MONTH = f"{datetime.now(UTC):%Y%m}"
DAY = f"{datetime.now(UTC):%Y-%m}"


def rows(text: str) -> list[list[str]]:
    """Return the cells of a table."""
    return [
        [cell.strip() for cell in line.split("  ") if cell]
        for line in text.splitlines()
    ]


def test_the_keys_that_sign_are_shown(stack, ready, published):
    """With algorithm and length; nothing is to be done."""
    with published():
        done = stack("dkim", "show")

    assert (done.exit_code, done.stderr) == (0, "")
    assert rows(done.stdout) == [
        ["example.org", selector, "signing", f"since {DAY}", kind, "published"]
        for selector, kind in (
            (f"rsa-{MONTH}", "rsa 2048"),
            (f"ed25519-{MONTH}", "ed25519 256"),
        )
    ]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ([], "ns2.example.net (192.0.2.2) has no such record"),
        (SILENCE, "ns2.example.net (192.0.2.2) gives no answer"),
    ],
)
def test_a_name_server_that_lacks_a_key_that_signs_is_named(
    stack, ready, published, second, words
):
    """Receivers that ask it find no valid signature on our mail."""
    with published(second):
        done = stack("dkim", "show", "example.org")

    assert [row[-1] for row in rows(done.stdout)] == [words, words]
    assert (
        f"example.org: publish rsa-{MONTH}._domainkey.example.org, which receivers look"
        f" for: {words}" in done.stderr
    )


def test_next_keys_are_shown_with_what_is_to_be_done(stack, ready, published):
    """For people and for programs."""
    stack("dkim", "rotate", "example.org")

    with published([]):
        plain, data = stack("dkim", "show"), stack("dkim", "show", "--json")

    (found,) = json.loads(data.stdout)
    assert [row[2] for row in rows(plain.stdout)] == ["signing"] * 2 + ["next"] * 2
    assert [key["selector"] for key in found["keys"] if key["phase"] == "next"] == [
        f"rsa-{MONTH}b",
        f"ed25519-{MONTH}b",
    ]
    key = found["keys"][2]
    assert key["record"].startswith("v=DKIM1; k=rsa; p=")
    assert key["name_servers"] == [
        {"server": "ns1.example.net", "address": "192.0.2.1", "record": "shown"},
        {"server": "ns2.example.net", "address": "192.0.2.2", "record": "missing"},
    ]
    names = [f"{kind}-{MONTH}b._domainkey.example.org" for kind in ("rsa", "ed25519")]
    to_do = f"publish {' and '.join(names)}, then `stack dkim rotate example.org`"
    assert found["to_do"][0] == to_do
    assert f"example.org: {to_do}" in plain.stderr


def test_retired_keys_are_named_for_removal_after_their_week(
    stack, ready, published, container, monkeypatch
):
    """Here, in `stack dns show`, which has them no more, and in `stack status`."""
    container("dkim-sign")
    stack("dkim", "rotate", "example.org", "--now")
    wanted = (
        f"remove rsa-{MONTH}._domainkey.example.org and"
        f" ed25519-{MONTH}._domainkey.example.org from the DNS"
    )

    with published():
        early = stack("dkim", "show")
        monkeypatch.setattr(state, "RETIRED_FOR", timedelta(0))
        late, zone = stack("dkim", "show"), stack("dns", "show", "--format", "zone")
    status = json.loads(stack("status", "--json").stdout)
    with published():
        over = stack("dkim", "show")

    assert [row[2] for row in rows(early.stdout)] == ["signing"] * 2 + ["retired"] * 2
    assert early.stderr == ""
    assert [row[2] for row in rows(late.stdout)] == ["signing"] * 2 + ["remove"] * 2
    assert rows(late.stdout)[2][-1] == "still at ns1.example.net, ns2.example.net"
    assert wanted in late.stderr
    assert wanted in zone.stderr
    assert f"\nrsa-{MONTH}._domainkey" not in zone.stdout
    assert f"\n; rsa-{MONTH}._domainkey.example.org. 3600 IN TXT " in zone.stdout
    (row,) = [each for each in status if each["kind"] == "dkim"]
    assert (row["name"], row["level"]) == ("example.org", "warn")
    assert wanted in row["state"]
    assert rows(over.stdout)[2][-1] == "gone from the DNS"


def test_private_keys_that_were_not_destroyed_are_told(stack, ready, published):
    """The signer was not up when others took their place."""
    stack("dkim", "rotate", "example.org", "--now")

    with published():
        done = stack("dkim", "show")

    assert "the signer has not been seen to use its new keys" in done.stderr


def test_keys_are_shown_where_no_name_server_is_found(stack, ready, lost):
    """With the reason, and what helps."""
    done = stack("dkim", "show")

    assert done.exit_code == 0
    assert {row[-1] for row in rows(done.stdout)} == {"not known whether published"}
    assert "the name servers of example.org are not found" in done.stderr


def test_a_domain_that_is_not_ours_has_no_keys(stack, ready):
    """The remedy is told."""
    done = stack("dkim", "show", "example.net")

    assert done.exit_code == 1
    assert "see `stack domain list`" in done.stderr
