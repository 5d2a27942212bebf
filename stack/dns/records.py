"""The DNS records to publish, as data and as a zone file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stack.accounts.addresses import nearest
from stack.config.settings import Settings
from stack.dns import tlsa
from stack.services.web import mta_sts
from stack.services.web.sites import Site

TTL = 3600  # seconds

# RFC 1035 §3.3: a TXT record is made of strings of at most 255 octets each.
LONGEST_STRING = 255

# Types whose data end with a name. In a zone file it gets a dot, or it would be one
# below the zone's.
ENDING_WITH_NAMES = ("CNAME", "MX", "PTR", "SRV")


@dataclass(frozen=True)
class Record:
    """One record. Names are absolute, without the last dot; a TXT is one string."""

    name: str
    type: str
    value: str
    ttl: int = TTL


@dataclass(frozen=True)
class Subdomains:
    """Domains in addresses: our domains, and names below them."""

    received: frozenset[str] = frozenset()
    """Domains that aliases receive for."""
    sent: frozenset[str] = frozenset()
    """Domains that a login may send from."""


@dataclass(frozen=True)
class CertificateFacts:
    """What the TLSA and CAA records must say of the certificates."""

    tlsa: tuple[str, ...] = ()
    """TLSA data (RFC 6698) for each key that is served, or will be soon."""
    hosts: tuple[str, ...] = ()
    """The names for which an authority issues certificates."""
    authorities: tuple[str, ...] = ()
    """The CAA names (RFC 8659) of that authority."""


@dataclass(frozen=True)
class WebFacts:
    """What the service web answers for."""

    sites: tuple[Site, ...] = ()
    policy: str = ""
    """The text of the MTA-STS policy that it serves."""


def records(
    settings: Settings,
    keys: Mapping[str, Mapping[str, str]],
    subdomains: Subdomains = Subdomains(),
    certified: CertificateFacts = CertificateFacts(),
    web: WebFacts = WebFacts(),
) -> dict[str, list[Record]]:
    """
    Return the records by domain, MAIL_DOMAIN first with those of the host itself.

    Args:
        settings: As in .env.
        keys: The text of each DKIM record, by domain and selector.
        subdomains: Their records stand with the nearest domain, whose DKIM keys and
            DMARC policy hold for them.
        certified: For TLSA and CAA records.
        web: For the names of the service web.
    """
    first = settings.mail_domain
    domains = [first, *(name for name in sorted(keys) if name != first)]
    blocks = {name: _domain(settings, name, keys[name]) for name in domains}
    pins = [
        Record(tlsa.name_of(settings.mail_hostname), "TLSA", d) for d in certified.tlsa
    ]
    blocks[first] = [*_host(settings, domains), *pins, *blocks[first]]
    for host in certified.hosts:
        blocks[nearest(host.removeprefix("*."), keys) or first] += _caa(host, certified)
    for site in web.sites:
        blocks[site.domain] += _site(settings, site, web.policy)
    for name in sorted(
        (subdomains.received | subdomains.sent) - {settings.mail_hostname}
    ):
        parent = nearest(name, keys)
        if parent and parent != name:
            # Send-only names get an MX, too: receivers distrust senders without one.
            mx = Record(name, "MX", f"10 {settings.mail_hostname}")
            blocks[parent] += [mx, Record(name, "TXT", _spf(settings, name))]
    return blocks


def zone(blocks: Mapping[str, Sequence[Record]]) -> str:
    """
    Return the records as lines of a zone file (RFC 1035 §5), a block a domain.

    PTR records are left out: they are in a zone of the provider of the address.
    """
    return "\n".join(
        f"; {domain}\n"
        + "".join(f"{zone_line(each)}\n" for each in block if each.type != "PTR")
        for domain, block in blocks.items()
    )


def zone_line(record: Record) -> str:
    """Return *record* as a line of a zone file."""
    value = record.value
    if record.type == "TXT":
        value = " ".join(f'"{part}"' for part in _strings(value))
    elif record.type in ENDING_WITH_NAMES:
        value += "."
    return f"{record.name}. {record.ttl} IN {record.type} {value}"


def commented_out(reason: str, left_out: Sequence[Record]) -> str:
    """Return comments for a zone file: the records *left_out*, and the *reason*."""
    lines = [f"{reason}:", *map(zone_line, left_out)] if left_out else []
    return "".join(f"; {line}\n" for line in lines)


def _host(settings: Settings, domains: Sequence[str]) -> list[Record]:
    name = settings.mail_hostname
    addresses = (("A", settings.public_ipv4), ("AAAA", settings.public_ipv6))
    found = [Record(name, kind, str(value)) for kind, value in addresses if value]
    # In no zone of ours: whoever provides the address publishes them (RFC 1912 §2.1).
    found += [Record(v.reverse_pointer, "PTR", name) for _, v in addresses if v]
    # The domain's SPF record covers the host; two records would be an error
    # (RFC 7208 §4.5).
    if name in domains:
        return found
    # For bounces, which have no sender, SPF checks the name in EHLO (RFC 7208 §2.4).
    return [*found, Record(name, "TXT", _spf(settings, name, "a"))]


def _site(settings: Settings, site: Site, policy: str) -> list[Record]:
    # The CAA records of MAIL_HOSTNAME hold for an alias of it, too (RFC 8659 §3).
    alias = Record(site.host, "CNAME", settings.mail_hostname)
    if not site.is_policy:
        return [alias]
    name = mta_sts.record_name(site.domain)
    return [alias, Record(name, "TXT", mta_sts.record(policy))]


def _caa(host: str, certified: CertificateFacts) -> list[Record]:
    # At the host, so that the domain's web site may use another authority.
    tag = "issuewild" if host.startswith("*.") else "issue"
    name = host.removeprefix("*.")
    return [
        Record(name, "CAA", f'0 {tag} "{authority}"')
        for authority in certified.authorities
    ]


def _domain(settings: Settings, name: str, keys: Mapping[str, str]) -> list[Record]:
    return [
        Record(name, "MX", f"10 {settings.mail_hostname}"),
        Record(name, "TXT", _spf(settings, name)),
        *(Record(f"{k}._domainkey.{name}", "TXT", keys[k]) for k in sorted(keys)),
        Record(
            f"_dmarc.{name}",
            "TXT",
            f"v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@{name}",
        ),
        # Who can't deliver here by TLS reports that (RFC 8460 §3).
        Record(
            f"_smtp._tls.{name}",
            "TXT",
            f"v=TLSRPTv1; rua=mailto:tls-reports@{name}",
        ),
        *_services(settings, name),
    ]


def _services(settings: Settings, name: str) -> list[Record]:
    """Return by which mail programs find the open ports (RFC 6186, RFC 8314 §5.1)."""
    ports = (
        # Of several, a program takes the lowest number first: TLS from the first byte.
        ("_submissions", 0, settings.submissions_port),
        ("_submission", 10, settings.submission_port),
        ("_imaps", 0, settings.imaps_port),
        ("_imap", 10, settings.imap_port),
    )
    return [
        Record(
            f"{service}._tcp.{name}",
            "SRV",
            f"{priority} 1 {port} {settings.mail_hostname}",
        )
        for service, priority, port in ports
        if port
    ]


def _spf(settings: Settings, domain: str, own: str = "mx") -> str:
    # A relay often sends from other addresses than it accepts mail on. So other senders
    # softfail (~all) until the operator has added the relay's include: term.
    relay = settings.relay_of(domain)
    if not relay:
        return f"v=spf1 {own} -all"
    return f"v=spf1 {own} {'ip4' if relay.is_address else 'a'}:{relay.host} ~all"


def _strings(text: str) -> list[str]:
    size = LONGEST_STRING
    return [text[start : start + size] for start in range(0, len(text), size)]
