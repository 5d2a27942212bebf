"""A renewal keeps a key that TLSA records name; a key change takes two steps."""

import json

import pytest

from tests.support.certs.acme import with_records
from tests.support.certs.imported import bundle, certificate, write_files
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
def test_the_tlsa_record_shown_is_of_the_served_key(certificates):
    """`stack dns show` prints the TLSA record 3 1 1 of the key that is served."""
    assert records(certificates) == {certificates.of()["tlsa"]}


@pytest.mark.usefixtures("issued")
def test_a_renewal_keeps_the_key_of_a_published_tlsa_record(server, certificates):
    """While a TLSA record is published, a renewed certificate has the same key."""
    before = certificates.of()

    with with_records(server.project, f"{NAME}. 1 TLSA {before['tlsa']}"):
        certificates.cert("renew", "--force")

    after = certificates.of()
    assert after["sha256"] != before["sha256"]
    assert after["tlsa"] == before["tlsa"]
    assert certificates.served_everywhere() == {after["sha256"]}


@pytest.mark.usefixtures("issued")
def test_a_new_key_is_served_after_its_tlsa_record(server, certificates):
    """
    A new key is served only when its TLSA record was published for the old one's TTL.
    """
    project, before = server.project, certificates.of()
    old = f"{NAME}. 2 TLSA {before['tlsa']}"

    with with_records(project, old):
        first = certificates.cert("renew", "--new-key")
        assert "not served yet" in first.stderr
        shown = certificates.of()
        assert shown["sha256"] == before["sha256"]
        assert "a newer one is not served yet" in shown["remark"]
        assert certificates.served_everywhere() == {before["sha256"]}
        (new,) = records(certificates) - {before["tlsa"]}
        assert new in first.stderr

        with with_records(project, old, f"{NAME}. 2 TLSA {new}"):
            second = certificates.cert("renew")
            assert "its TLSA record is published" in second.stderr
            assert certificates.served_everywhere() == {before["sha256"]}
            wait_until(
                lambda: "Served on" in certificates.cert("renew").stderr,
                "the new key in use",
            )
            shown = certificates.of()
            assert shown["tlsa"] == new
            assert certificates.served_everywhere() == {shown["sha256"]}
    assert records(certificates) == {new}


@pytest.mark.usefixtures("issued")
def test_the_wait_is_the_ttl_of_the_tlsa_record_in_the_zone(server, certificates):
    """
    The wait for a new key is the TTL in the zone, not what is left of it in a cache.
    """
    project = server.project

    with with_records(project, f"{NAME}. {LIFE} TLSA {certificates.of()['tlsa']}"):
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
def test_import_refuses_a_key_that_no_tlsa_record_matches(server, certificates):
    """
    `stack cert import` refuses a key that the published TLSA record doesn't match.
    """
    before = certificates.files()
    (path,) = write_files(server.project, other=bundle(certificate()))

    with with_records(server.project, f"{NAME}. 1 TLSA {certificates.of()['tlsa']}"):
        done = server.project.stack("cert", "import", path, check=False)

    assert done.returncode == 1
    assert f"{NAME} has TLSA records for another" in done.stderr
    assert "publish TLSA 3 1 1 " in done.stderr
    assert certificates.files() == before
