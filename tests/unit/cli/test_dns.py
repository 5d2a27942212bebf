"""`stack dns show`: what to publish, in three forms."""

import json

import dns.zone
import pytest

from stack.certs import store
from stack.system.endpoints import Endpoint


def test_json_has_a_block_for_each_domain(stack, ready):
    """The first domain first; each record with name, type, value and time to live."""
    stack("domain", "add", "a.example")

    done = stack("dns", "show", "--format", "json")

    blocks = json.loads(done.stdout)
    assert [block["domain"] for block in blocks] == ["example.org", "a.example"]
    assert blocks[1]["records"][0] == {
        "name": "a.example",
        "type": "MX",
        "value": "10 mail.example.org",
        "ttl": 3600,
    }
    keys = [r for r in blocks[1]["records"] if "_domainkey" in r["name"]]
    assert len(keys) == 2


def test_zone_format_is_a_valid_zone_file(stack, ready):
    """stdout alone can be given to a name server; hints are on stderr."""
    done = stack("dns", "show", "--format", "zone")

    zone = dns.zone.from_text(
        done.stdout, origin="example.org.", relativize=False, check_origin=False
    )
    assert zone.get_rdataset("example.org.", "MX") is not None
    assert "PUBLIC_IPV4" in done.stderr


def test_the_table_is_aligned(stack, ready):
    """A line for each record, its value in one piece."""
    lines = stack("dns", "show").stdout.splitlines()

    assert len(lines) == 12
    assert {line.split()[1] for line in lines} == {"MX", "TXT", "TLSA", "SRV"}


def test_addresses_are_shown_if_set(stack, ready, found):
    """The hint about missing addresses disappears."""
    found += [Endpoint(25, "::1", 25)]
    with ready.env.open("a") as file:
        file.write("PUBLIC_IPV4=192.0.2.1\nPUBLIC_IPV6=2001:db8::1\n")

    done = stack("dns", "show", "--format", "zone")

    assert "mail.example.org. 3600 IN A 192.0.2.1\n" in done.stdout
    assert "mail.example.org. 3600 IN AAAA 2001:db8::1\n" in done.stdout
    assert "PUBLIC_IPV4" not in done.stderr


@pytest.mark.parametrize(
    ("address", "records", "words"), [("192.0.2.1", 0, 1), ("2001:db8::1", 1, 0)]
)
def test_aaaa_is_left_out_without_ipv6_ports(
    stack, ready, found, address, records, words
):
    """The AAAA record is left out, with the reason, while no port listens on IPv6."""
    with ready.env.open("a") as file:
        file.write("PUBLIC_IPV4=192.0.2.1\nPUBLIC_IPV6=2001:db8::1\n")
    found += [Endpoint(25, address, 25)]

    zone, table = (stack("dns", "show", "--format", form) for form in ("zone", "table"))
    blocks = json.loads(stack("dns", "show", "--json").stdout)

    parsed = dns.zone.from_text(
        zone.stdout, origin="example.org.", relativize=False, check_origin=False
    )
    kinds = [each["type"] for block in blocks for each in block["records"]]
    assert kinds.count("AAAA") == records
    assert len(list(parsed.iterate_rdatas("AAAA"))) == records
    assert table.stdout.count("AAAA") == records
    assert table.stderr.count("open on IPv4 alone") == words
    assert "PUBLIC_IPV4" not in table.stderr


def test_a_ptr_record_is_a_comment_in_a_zone_file(stack, ready):
    """It is not for the operator's zone; table and JSON have it as a record."""
    with ready.env.open("a") as file:
        file.write("PUBLIC_IPV4=192.0.2.1\n")
    name = "1.2.0.192.in-addr.arpa"

    zone, table = (stack("dns", "show", "--format", form) for form in ("zone", "table"))
    blocks = json.loads(stack("dns", "show", "--json").stdout)

    assert f"\n; {name}. 3600 IN PTR mail.example.org.\n" in zone.stdout
    assert f"\n{name}" not in zone.stdout
    assert [name, "PTR", "mail.example.org"] in [
        line.split() for line in table.stdout.splitlines()
    ]
    assert name in [each["name"] for each in blocks[0]["records"]]
    assert "ask the provider of the address" in zone.stderr


@pytest.mark.parametrize("form", ["table", "zone", "json"])
def test_one_domain_alone_is_shown(stack, ready, form):
    """Without the records of the host, which stand with the first domain."""
    stack("domain", "add", "a.example")

    done = stack("dns", "show", "A.example", "--format", form)
    other = stack("dns", "show", "example.net", "--format", form)

    assert "a.example" in done.stdout
    assert "example.org." not in done.stdout.replace("mail.example.org", "")
    assert "_25._tcp" not in done.stdout
    assert (other.exit_code, other.stdout) == (2, "")
    assert "`stack domain list`" in other.stderr


def test_relay_include_is_suggested(stack, ready):
    """We can't know from where a relay sends; the hint says whom to ask."""
    with ready.env.open("a") as file:
        file.write("RELAY_HOST=smtp.example.net:587\n")

    assert "operator of smtp.example.net tells" in stack("dns", "show").stderr


@pytest.mark.parametrize("form", ["table", "zone", "json"])
def test_new_mail_domain_needs_init(stack, ready, form):
    """.env was edited, and there are no keys for its domain yet."""
    ready.env.write_text("MAIL_DOMAIN=example.net\nMAIL_HOSTNAME=mail.example.net\n")

    done = stack("dns", "show", "--format", form)

    assert done.exit_code == 3
    assert "run `stack init` first" in done.stderr


def test_tlsa_record_is_that_of_the_key(stack, ready):
    """And it says that it is of use only where the DNS is signed."""
    served = store.load(ready.tls)["mail.example.org"].main

    done = stack("dns", "show", "--format", "zone")

    line = f"_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 {served.key_digest}\n"
    assert line in done.stdout
    # Not "CAA" alone: a DKIM key in base64 may hold these letters.
    assert " IN CAA " not in done.stdout
    assert "Publish TLSA only where the DNS of the domain is signed" in done.stderr


def test_send_only_domain_is_pointed_out(stack, ready):
    """A name that is only sent from has an MX, and no alias takes its mail yet."""
    stack("user", "add", "app@example.org", "--generate")
    stack("sendas", "add", "app", "@books.example.org", "@example.org")

    done = stack("dns", "show", "--format", "zone")

    assert "books.example.org. 3600 IN MX 10 mail.example.org.\n" in done.stdout
    hint = "`stack alias add @books.example.org ADDRESS` takes them"
    assert hint in done.stderr
    assert done.stderr.count("Nobody gets") == 1
    stack("alias", "add", "@books.example.org", "app@example.org")
    assert "Nobody gets" not in stack("dns", "show").stderr
