"""All checks together: what is right, what nobody says, and what is said twice."""

from dataclasses import replace

import pytest

from stack.dns.check.finding import Status

NS1, NS2 = "127.0.0.2", "127.0.0.3"


def test_what_dns_show_prints_is_right(findings, blocks):
    """Each record belongs to a finding, and each finding says that all is well."""
    found = findings()

    assert [each for each in found if each.status is not Status.OK] == []
    wanted = {record for each in found for record in each.wanted}
    assert wanted == {record for block in blocks.values() for record in block}
    assert {each.asked for each in found if each.kind != "NS"} == {"name servers"}


def test_findings_stand_in_the_order_of_dns_show(findings):
    """Domain by domain, the name servers of each first."""
    found = findings()

    assert [each.domain for each in found] == sorted(
        (each.domain for each in found), key=["example.org", "a.example"].index
    )
    servers = [each for each in found if each.kind == "NS"]
    assert [(each.domain, each.found) for each in servers] == [
        ("example.org", ("ns1.test", "ns2.test")),
        ("a.example", ("ns1.test", "ns2.test")),
    ]
    assert found[0].kind == "NS"


def test_each_record_that_is_gone_is_found_out(net, findings):
    """What mail needs is missing; without the rest mail works, so that is a warning."""
    gone = ("A", "MX", "TXT", "TLSA", "CAA", "SRV", "PTR")
    net.records[:] = [each for each in net.records if each.split()[1] not in gone]
    net.set("ns1.test", "A", NS1)
    net.set("ns2.test", "A", NS2)

    found = [each for each in findings() if each.kind not in ("NS", "AAAA")]

    needed = {"A", "MX", "SPF", "DKIM", "DMARC", "PTR"}
    assert {each.kind for each in found if each.status is Status.MISSING} == needed
    others = {"TLSA", "CAA", "SRV", "TLSRPT"}
    assert {each.kind for each in found if each.status is Status.WARNING} == others
    assert {each.kind for each in found} == needed | others
    assert all(each.remark and each.wanted and not each.found for each in found)


@pytest.mark.parametrize("silent", [[NS1], [NS1, NS2]])
def test_a_silent_name_server_is_named(net, findings, silent):
    """The others have answered, or else the resolver."""
    net.silent |= set(silent)

    found = findings()

    servers = next(each for each in found if each.kind == "NS")
    assert servers.status is Status.WARNING
    assert f"ns1.test ({NS1}) does not answer" in servers.remark
    rest = [each for each in found if each.kind != "NS"]
    assert {each.status for each in rest} == {Status.OK}
    everybody = len(silent) == 2
    assert {each.asked for each in rest} == {
        "resolver" if everybody else "name servers"
    }
    assert ("resolver was asked instead" in servers.remark) is everybody


def test_a_silent_name_server_is_asked_a_few_times_only(net, findings):
    """It would cost its time for each record otherwise."""
    net.silent.add(NS1)

    findings()

    asked = [each for each in net.asked if each[0] == NS1]
    # Each check that had begun before the first time was over asks twice.
    assert len(asked) <= 2 * 32


def test_a_lame_name_server_is_named(net, findings):
    """It is asked for the domain by others, too, and refuses."""
    net.lame.add(NS2)

    servers = findings()[0]

    assert servers.status is Status.WARNING
    assert f"ns2.test ({NS2}) does not answer for example.org" in servers.remark


def test_a_domain_that_does_not_exist_is_said_to_be_so(net, findings, blocks):
    """Its name servers would be those of the root."""
    net.records[:] = [each for each in net.records if "a.example. " not in each]
    net.zone("")

    servers = next(
        each for each in findings() if (each.kind, each.domain) == ("NS", "a.example")
    )

    assert servers.status is Status.WARNING
    assert "register the domain" in servers.remark


def test_nobody_answers(net, findings, monkeypatch):
    """Then nothing is known, and nothing is said to be wrong."""
    monkeypatch.setattr("stack.dns.lookup.asker.RESOLVER_TIMEOUT", 0.2)
    net.silent |= {"127.0.0.1", NS1, NS2}

    found = findings()

    assert {each.status for each in found} == {Status.UNKNOWN}


def test_what_takes_too_long_is_unknown(findings, monkeypatch):
    """The command ends in time, whoever else doesn't."""
    monkeypatch.setattr("stack.dns.check.run.DEADLINE", 0.0)

    found = [each for each in findings() if each.kind != "NS"]

    assert {each.status for each in found} == {Status.UNKNOWN}
    assert {each.remark for each in found} == {"nobody has answered in time: try again"}


def test_a_name_server_with_an_old_record_is_found_out(net, finding):
    """The worse of two answers counts, whichever server gives it."""
    net.instead[NS2] = [
        each.replace("10 mail.example.org.", "10 old.example.net.")
        for each in net.records
    ]

    found = finding("MX", "a.example")

    assert found.status is Status.WRONG
    assert found.found == ("10 old.example.net",)
    assert "ns2.test says so, ns1.test says otherwise" in found.remark


def test_two_right_answers_are_a_warning(net, finding):
    """A policy may change, but not all servers know it."""
    net.instead[NS2] = [
        each.replace("p=quarantine", "p=reject") for each in net.records
    ]

    found = finding("DMARC", "_dmarc.a.example")

    assert found.status is Status.WARNING
    assert "says otherwise" in found.remark


def test_a_difference_that_means_nothing_is_none(net, finding):
    """Beside the SPF record, there may be others of that type."""
    net.instead[NS2] = [*net.records, 'a.example. TXT "other=1"']

    assert finding("SPF", "a.example").status is Status.OK


def test_a_domain_alone_is_checked_without_the_host(findings, facts, blocks):
    """The addresses of the host stand with MAIL_DOMAIN."""
    del blocks["example.org"]

    found = findings(replace(facts, addresses=()))

    assert {each.domain for each in found} == {"a.example"}
    assert not {"A", "AAAA"} & {each.kind for each in found}
