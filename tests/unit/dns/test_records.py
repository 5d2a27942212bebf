"""The records to publish, and how they are written."""

import dns.zone
import pytest

from stack.config.settings import Settings
from stack.dns import records
from stack.dns.records import Record

KEYS = {
    "example.org": {"rsa-202611": "v=DKIM1; k=rsa; p=" + "A" * 400, "ed25519-1": "v=e"},
    "a.example": {"rsa-202611": "v=DKIM1; k=rsa; p=BBBB"},
}


def made(**values: str) -> Settings:
    """Return settings for example.org with *values*."""
    names = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}
    return Settings(**names | values)


def reports_and_services(domain: str) -> list[Record]:
    """Return where TLS failures are reported, and where mail programs go."""
    host = "mail.example.org"
    report = f"v=TLSRPTv1; rua=mailto:tls-reports@{domain}"
    return [
        Record(f"_smtp._tls.{domain}", "TXT", report),
        Record(f"_submissions._tcp.{domain}", "SRV", f"0 1 465 {host}"),
        Record(f"_submission._tcp.{domain}", "SRV", f"10 1 587 {host}"),
        Record(f"_imaps._tcp.{domain}", "SRV", f"0 1 993 {host}"),
        Record(f"_imap._tcp.{domain}", "SRV", f"10 1 143 {host}"),
    ]


def test_a_port_that_docker_chooses_is_not_announced():
    """Mail programs are sent to ports that stay, by the number in .env."""
    settings = made(imap_port="0", submissions_port="4465")

    block = records.records(settings, KEYS)["a.example"]

    assert [each for each in block if each.type == "SRV"] == [
        Record("_submissions._tcp.a.example", "SRV", "0 1 4465 mail.example.org"),
        Record("_submission._tcp.a.example", "SRV", "10 1 587 mail.example.org"),
        Record("_imaps._tcp.a.example", "SRV", "0 1 993 mail.example.org"),
    ]


def test_the_records_of_a_domain():
    """MX, SPF, keys, DMARC, TLSRPT, SRV; the host's own with the first domain."""
    settings = made(public_ipv4="192.0.2.1", public_ipv6="2001:db8::1")

    assert records.records(settings, KEYS) == {
        "example.org": [
            Record("mail.example.org", "A", "192.0.2.1"),
            Record("mail.example.org", "AAAA", "2001:db8::1"),
            Record("1.2.0.192.in-addr.arpa", "PTR", "mail.example.org"),
            Record(f"1.{'0.' * 23}8.b.d.0.1.0.0.2.ip6.arpa", "PTR", "mail.example.org"),
            Record("mail.example.org", "TXT", "v=spf1 a -all"),
            Record("example.org", "MX", "10 mail.example.org"),
            Record("example.org", "TXT", "v=spf1 mx -all"),
            Record("ed25519-1._domainkey.example.org", "TXT", "v=e"),
            Record(
                "rsa-202611._domainkey.example.org",
                "TXT",
                KEYS["example.org"]["rsa-202611"],
            ),
            Record(
                "_dmarc.example.org",
                "TXT",
                "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@example.org",
            ),
            *reports_and_services("example.org"),
        ],
        "a.example": [
            Record("a.example", "MX", "10 mail.example.org"),
            Record("a.example", "TXT", "v=spf1 mx -all"),
            Record("rsa-202611._domainkey.a.example", "TXT", "v=DKIM1; k=rsa; p=BBBB"),
            Record(
                "_dmarc.a.example",
                "TXT",
                "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@a.example",
            ),
            *reports_and_services("a.example"),
        ],
    }


def test_the_first_domain_comes_first():
    """MAIL_DOMAIN leads, whatever the alphabet says."""
    assert list(records.records(made(), KEYS)) == ["example.org", "a.example"]


@pytest.mark.parametrize("host", ["example.org", "a.example"])
def test_a_host_named_as_a_domain_has_one_spf_record(host):
    """Two SPF records for a name are an error to every verifier (RFC 7208 §4.5)."""
    blocks = records.records(made(mail_hostname=host), KEYS)

    spf = [
        record
        for block in blocks.values()
        for record in block
        if record.name == host and record.value.startswith("v=spf1")
    ]
    assert spf == [Record(host, "TXT", "v=spf1 mx -all")]


@pytest.mark.parametrize(
    ("relay_host", "named"),
    [("smtp.example.net:587", "a:smtp.example.net"), ("192.0.2.9", "ip4:192.0.2.9")],
)
def test_a_relay_may_send_for_us(relay_host, named):
    """
    Mail that leaves by a relay host isn't failed by our own records.

    Be it from the domain, or from the host's name.
    """
    settings = made(relay_host=relay_host, relay_tls="encrypt")

    block = records.records(settings, KEYS)["example.org"]

    assert Record("example.org", "TXT", f"v=spf1 mx {named} ~all") in block
    assert Record("mail.example.org", "TXT", f"v=spf1 a {named} ~all") in block


def test_subdomains_stand_with_the_nearest_domain():
    """Each gets MX and SPF, also a domain that only sends."""
    keys = KEYS | {"x.example.org": {}}
    received = frozenset({"books.example.org", "a.x.example.org", "mail.example.org"})
    sent = frozenset({"news.example.org", "books.example.org", "a.example"})

    blocks = records.records(made(), keys, records.Subdomains(received, sent))

    plain = records.records(made(), keys)
    added = {name: block[len(plain[name]) :] for name, block in blocks.items()}
    assert added == {
        "example.org": [
            Record("books.example.org", "MX", "10 mail.example.org"),
            Record("books.example.org", "TXT", "v=spf1 mx -all"),
            Record("news.example.org", "MX", "10 mail.example.org"),
            Record("news.example.org", "TXT", "v=spf1 mx -all"),
        ],
        "x.example.org": [
            Record("a.x.example.org", "MX", "10 mail.example.org"),
            Record("a.x.example.org", "TXT", "v=spf1 mx -all"),
        ],
        "a.example": [],
    }


def test_a_domains_own_relay_may_send_for_that_domain_alone():
    """Its SPF record names its relay; the others' name RELAY_HOST or nothing."""
    own = {"relay_by_domain": "a.example/smtp.example.net:587"}
    straight = records.records(made(**own), KEYS)
    relayed = records.records(made(**own, relay_host="relay.example.com"), KEYS)

    spf = "v=spf1 mx a:smtp.example.net ~all"
    assert Record("a.example", "TXT", spf) in straight["a.example"]
    assert Record("a.example", "TXT", spf) in relayed["a.example"]
    assert Record("example.org", "TXT", "v=spf1 mx -all") in straight["example.org"]
    spf = "v=spf1 mx a:relay.example.com ~all"
    assert Record("example.org", "TXT", spf) in relayed["example.org"]


CERTIFIED = records.CertificateFacts(
    tlsa=("3 1 1 " + "ab" * 32, "3 1 1 " + "cd" * 32),
    hosts=("*.a.example", "a.example", "mail.example.org"),
    authorities=("ca.example", "ca2.example"),
)


def test_tlsa_records_stand_with_the_host(settings):
    """TLSA for each key at port 25, with the host's own records."""
    block = records.records(settings, KEYS, certified=CERTIFIED)["example.org"]

    tlsa = "_25._tcp.mail.example.org"
    assert block[1:3] == [
        Record(tlsa, "TLSA", CERTIFIED.tlsa[0]),
        Record(tlsa, "TLSA", CERTIFIED.tlsa[1]),
    ]


def test_caa_records_stand_with_the_nearest_domain(settings):
    """CAA at each name, of both kinds for stars; nothing else is added."""
    plain = records.records(settings, KEYS)
    found = records.records(settings, KEYS, certified=CERTIFIED)

    assert found["a.example"] == plain["a.example"] + [
        Record("a.example", "CAA", '0 issuewild "ca.example"'),
        Record("a.example", "CAA", '0 issuewild "ca2.example"'),
        Record("a.example", "CAA", '0 issue "ca.example"'),
        Record("a.example", "CAA", '0 issue "ca2.example"'),
    ]
    mail = "mail.example.org"
    assert [each for each in found["example.org"] if each.type == "CAA"] == [
        Record(mail, "CAA", '0 issue "ca.example"'),
        Record(mail, "CAA", '0 issue "ca2.example"'),
    ]
    rest = [each for each in found["example.org"] if each.type not in ("TLSA", "CAA")]
    assert rest == plain["example.org"]


def test_no_caa_without_an_authority(settings):
    """A CAA record could block the operator's own authority."""
    certified = records.CertificateFacts(tlsa=CERTIFIED.tlsa, hosts=CERTIFIED.hosts)

    blocks = records.records(settings, KEYS, certified=certified).values()

    assert "CAA" not in {each.type for block in blocks for each in block}


def test_the_zone_is_read_back_as_the_same_records():
    """
    An independent parser finds each record, long texts in strings of 255.

    But for PTR: they are in a zone of the provider of the address.
    """
    settings = made(public_ipv4="192.0.2.1", public_ipv6="2001:db8::1")
    blocks = records.records(settings, KEYS, certified=CERTIFIED)

    # A name without its last dot would be one below $ORIGIN.
    text = f"$ORIGIN below.test.\n{records.zone(blocks)}"
    zone = dns.zone.from_text(text, origin=".", relativize=False, check_origin=False)

    found = {
        (name.to_text(omit_final_dot=True), data.ttl, _value(rdata))
        for name, data in zone.iterate_rdatasets()
        for rdata in data
    }
    every = [r for block in blocks.values() for r in block]
    assert found == {(r.name, r.ttl, r.value) for r in every if r.type != "PTR"}
    assert [r.type for r in every].count("PTR") == 2


def _value(rdata) -> str:
    if hasattr(rdata, "strings"):
        assert all(len(part) <= 255 for part in rdata.strings)
        return b"".join(rdata.strings).decode()
    return rdata.to_text().removesuffix(".")
