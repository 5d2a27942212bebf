"""A renewal keeps a key that TLSA records name; a key change takes two steps."""

import json

import pytest

from tests.support.certs.acme import published
from tests.support.certs.imported import bundle, certificate, lay
from tests.support.server.server import HOSTNAME
from tests.support.wait import wait_until

NAME = "_25._tcp.mail.example.test"
LIFE = 300  # seconds


def records(certificates) -> set[str]:
    """The TLSA records that `stack dns show` prints."""
    shown = json.loads(certificates.project.stack("dns", "show", "--json").stdout)
    return {
        record["value"]
        for block in shown
        for record in block["records"]
        if (record["name"], record["type"]) == (NAME, "TLSA")
    }


@pytest.mark.core
def test_the_record_to_publish_is_for_the_key_that_is_served(certificates):
    """`stack dns show` prints 3 1 1 and the digest of the key, to be pasted."""
    assert records(certificates) == {certificates.of()["tlsa"]}


@pytest.mark.usefixtures("issued")
def test_a_renewal_keeps_the_key_that_is_promised(server, certificates):
    """With a TLSA record in the DNS the next certificate has the same key."""
    before = certificates.of()

    with published(server.project, f"{NAME}. 1 TLSA {before['tlsa']}"):
        certificates.cert("renew", "--force")

    after = certificates.of()
    assert after["sha256"] != before["sha256"]
    assert after["tlsa"] == before["tlsa"]
    assert certificates.everywhere() == {after["sha256"]}


@pytest.mark.usefixtures("issued")
def test_a_new_key_is_taken_into_use_in_two_steps(server, certificates):
    """
    It is served only when its record has been published for as long as others
    may remember the time before.
    """
    project, before = server.project, certificates.of()
    old = f"{NAME}. 2 TLSA {before['tlsa']}"

    with published(project, old):
        first = certificates.cert("renew", "--new-key")
        assert "not served yet" in first.stderr
        shown = certificates.of()
        assert shown["sha256"] == before["sha256"]
        assert "a newer one is not served yet" in shown["remark"]
        assert certificates.everywhere() == {before["sha256"]}
        (new,) = records(certificates) - {before["tlsa"]}
        assert new in first.stderr

        with published(project, old, f"{NAME}. 2 TLSA {new}"):
            second = certificates.cert("renew")
            assert "its TLSA record is published" in second.stderr
            assert certificates.everywhere() == {before["sha256"]}
            wait_until(
                lambda: "Served on" in certificates.cert("renew").stderr,
                "the new key in use",
            )
            shown = certificates.of()
            assert shown["tlsa"] == new
            assert certificates.everywhere() == {shown["sha256"]}
    assert records(certificates) == {new}


@pytest.mark.usefixtures("issued")
def test_what_others_may_remember_is_waited_for(server, certificates):
    """
    That is the life that the record itself has, in the zone: our own name server, which
    has asked for it before, tells what is left of it.
    """
    project = server.project

    with published(project, f"{NAME}. {LIFE} TLSA {certificates.of()['tlsa']}"):
        wait_until(lambda: left(project) < LIFE, "a record that was asked for before")
        certificates.cert("renew", "--new-key")
        state = json.loads(project.as_root("cat var/acme/state.json"))
    project.container("resolver").restart()
    project.wait_for("healthy", "resolver")

    assert state["certificates"][HOSTNAME]["hold"]["ttl"] == LIFE


def left(project) -> int:
    """For how many seconds our name server goes on remembering the record."""
    ask = f"import dns.resolver as d; print(d.resolve('{NAME}', 'TLSA').rrset.ttl)"
    return int(project.inside("certs", "/opt/certbot/bin/python", "-c", ask))


@pytest.mark.core
def test_a_certificate_that_breaks_the_promise_is_not_brought(server, certificates):
    """`import` refuses another key, names the record, and changes nothing."""
    before = certificates.files()
    (path,) = lay(server.project, other=bundle(certificate()))

    with published(server.project, f"{NAME}. 1 TLSA {certificates.of()['tlsa']}"):
        done = server.project.stack("cert", "import", path, check=False)

    assert done.returncode == 1
    assert f"{NAME} has TLSA records for another" in done.stderr
    assert "publish TLSA 3 1 1 " in done.stderr
    assert certificates.files() == before
