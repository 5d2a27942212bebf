"""`stack dns check`: the records of a project, compared with those of the DNS."""

import json
from collections.abc import Iterator

import pytest

from stack.certs import store
from stack.dns import tlsa
from stack.dns.records import Record, zone_line
from stack.system.endpoints import Endpoint
from tests.support.certs.bundles import bundle
from tests.support.network.internet import RESOLVER, Internet, internet
from tests.support.network.mail_ports import all_ports, always, closed

HOST = "mail.example.org"
PIN = f"_25._tcp.{HOST}"


@pytest.fixture
def net(ready, stack, monkeypatch) -> Iterator[Internet]:
    """The internet, with all that `stack dns show` prints for two domains."""
    with ready.env.open("a") as file:
        file.write("PUBLIC_IPV4=192.0.2.1\n")
    stack("domain", "add", "a.example")
    with internet(monkeypatch) as world:
        for zone in ("example.org", "a.example", "2.0.192.in-addr.arpa"):
            world.zone(zone)
        world.signed.add("example.org")
        for block in json.loads(stack("dns", "show", "--json").stdout):
            for each in block["records"]:
                name, _, _, kind, data = zone_line(Record(**each)).split(maxsplit=4)
                world.records.append(f"{name} {kind} {data}")
        yield world


@pytest.fixture
def check(stack, net, found):
    """Check the DNS by the resolver of that internet."""

    def call(*arguments: str):
        return stack("dns", "check", "--resolver", f"{RESOLVER}#{net.port}", *arguments)

    return call


@pytest.fixture
def ports(ready, found) -> Iterator[None]:
    """Port 25 serves the certificate in var/tls."""
    right = store.load(ready.tls)[HOST].main
    with all_ports(always(right)) as found[:]:
        yield


@pytest.mark.usefixtures("ports")
def test_what_dns_show_prints_is_right(check):
    """A line for each, nothing below, exit 0."""
    done = check()

    lines = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, f"{len(lines)} checked: all right.\n")
    assert {line.split()[0] for line in lines} == {"ok"}
    kinds = {"NS", "A", "AAAA", "PTR", "TLSA", "MX", "SPF", "DKIM", "DMARC"}
    assert {line.split()[1] for line in lines} == kinds | {"TLSRPT", "SRV"}


def test_what_is_wrong_is_shown_with_the_line_to_publish(check, net):
    """What there is, what there should be, what to do; exit 1."""
    service = "_imaps._tcp.a.example"
    net.set(service, "SRV", "0 1 993 imap.example.net.")
    net.set("_smtp._tls.a.example", "TXT")

    done = check("a.example")

    assert done.exit_code == 1
    table, *details = done.stdout.split("\n\n")
    assert [line.split() for line in table.splitlines() if "see below" in line] == [
        ["warning", "TLSRPT", "_smtp._tls.a.example", "see", "below"],
        ["wrong", "SRV", service, "see", "below"],
    ]
    assert details[1] == (
        f"wrong: SRV {service}: mail programs go to imap.example.net instead of this"
        " server: correct the record.\n"
        "  has   0 1 993 imap.example.net\n"
        f"  want  {service}. 3600 IN SRV 0 1 993 mail.example.org.\n"
    )
    assert "  want  _smtp._tls.a.example. 3600 IN TXT" in details[0]
    assert done.stderr.endswith("checked: 1 warning, 1 wrong.\n")


def test_a_warning_alone_is_no_failure(check, net):
    """Mail works without."""
    net.set("_smtp._tls.a.example", "TXT")

    assert check("a.example").exit_code == 0


def test_json_is_a_list_of_objects(check, net):
    """Each with the same keys."""
    net.set("_dmarc.a.example", "TXT")

    done = check("a.example", "--json")

    rows = json.loads(done.stdout)
    assert done.exit_code == 1
    assert {each["domain"] for each in rows} == {"a.example"}
    (row,) = [each for each in rows if each["status"] != "ok"]
    policy = "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@a.example"
    assert row.pop("remark").endswith("publish it")
    assert row == {
        "domain": "a.example",
        "name": "_dmarc.a.example",
        "kind": "DMARC",
        "status": "missing",
        "found": [],
        "wanted": [f'_dmarc.a.example. 3600 IN TXT "{policy}"'],
        "asked": "name servers",
    }


def findings(done) -> dict[str, dict[str, object]]:
    """Return the findings on the first domain by their kind."""
    rows = json.loads(done.stdout)
    return {each["kind"]: each for each in rows if each["domain"] == "example.org"}


@pytest.mark.parametrize("own", [True, False])
def test_tlsa_is_compared_with_what_port_25_serves(check, found, own):
    """Not with the file, which may not be in use."""
    served = bundle(rsa=True)
    pin = tlsa.record_for(served)
    with all_ports(always(served)) as found[:]:
        if own:
            found[:] = [closed(25)]
        row = findings(check("--json"))["TLSA"]

    assert row["status"] == ("ok" if own else "wrong")
    assert ("port 25 does not answer" in row["remark"]) is own
    assert pin not in row["found"]


def test_both_certificates_of_port_25_are_compared(check, net, ready, found):
    """Where there are two, each client gets the one that it can read."""
    beside = bundle(rsa=True)
    main = store.load(ready.tls)[HOST].main
    (ready.tls / f"{HOST}.rsa.pem").write_text(beside.pem)
    with all_ports(always(main, beside)) as found[:]:
        one = findings(check("--json"))["TLSA"]
        net.set(PIN, "TLSA", tlsa.record_for(main), tlsa.record_for(beside))
        both = findings(check("--json"))["TLSA"]

    assert (one["status"], both["status"]) == ("wrong", "ok")
    assert len(both["wanted"]) == 2


@pytest.mark.parametrize(
    ("address", "status"), [("192.0.2.1", "wrong"), ("2001:db8::1", "ok")]
)
def test_aaaa_is_wrong_without_ipv6_ports(check, net, ready, found, address, status):
    """As in `dns show`: other servers would meet nobody there."""
    with ready.env.open("a") as file:
        file.write("PUBLIC_IPV6=2001:db8::1\n")
    net.set(HOST, "AAAA", "2001:db8::1")
    found += [Endpoint(465, address, 465)]

    assert findings(check("--json"))["AAAA"]["status"] == status


def test_an_ipv6_address_that_is_not_in_use_needs_no_records(check, ready, found):
    """No AAAA, no PTR, and no right to send: `dns show` prints none of them."""
    with ready.env.open("a") as file:
        file.write("PUBLIC_IPV6=2001:db8::1\n")
    found += [Endpoint(465, "192.0.2.1", 465)]

    rows = json.loads(check("--json").stdout)

    assert {each["status"] for each in rows} == {"ok"}


def test_a_relays_name_is_told(check, ready):
    """Its own addresses are not in any setting."""
    with ready.env.open("a") as file:
        file.write("RELAY_HOST=smtp.relay.test:587\n")

    spf = findings(check("--json"))["SPF"]

    assert (spf["status"], "smtp.relay.test" in spf["remark"]) == ("ok", True)


def test_a_silent_dns_is_an_error_of_its_own(check, net, monkeypatch):
    """Exit 3: the environment lacks something, and the records may be right."""
    monkeypatch.setattr("stack.dns.lookup.asker.RESOLVER_TIMEOUT", 0.2)
    net.silent |= {RESOLVER, "127.0.0.2", "127.0.0.3"}

    done = check()

    assert done.exit_code == 3
    assert "the DNS can't be reached" in done.stderr


def test_a_domain_of_others_is_an_error(check):
    """Also for `dns show`, and with the command that lists ours."""
    done = check("example.net")

    assert done.exit_code == 2
    assert "`stack domain list`" in done.stderr


@pytest.mark.parametrize(
    "value", ["dns.example", "192.0.2.53:53", "192.0.2.53#0", "#1"]
)
def test_a_resolver_is_an_address(stack, ready, value):
    """A name would have to be looked up first."""
    done = stack("dns", "check", "--resolver", value)

    assert done.exit_code == 2
    assert "must be an IP address" in done.stderr
