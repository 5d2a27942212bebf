"""The records to publish, as data, and in the forms that people paste."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stack.accounts.addresses import nearest
from stack.config.settings import Settings
from stack.dns import tlsa

TTL = 3600  # seconds

# RFC 1035 §3.3: a TXT record is made of strings of at most 255 octets each.
LONGEST_STRING = 255


@dataclass(frozen=True)
class Record:
    """One record. Names are in full, without the last dot; a TXT is in one piece."""

    name: str
    type: str
    value: str
    ttl: int = TTL


@dataclass(frozen=True)
class Subdomains:
    """Names in addresses of ours that are below our domains, or are domains of ours."""

    received: frozenset[str] = frozenset()
    """Those that aliases are written for."""
    sent: frozenset[str] = frozenset()
    """Those that somebody may send from."""


@dataclass(frozen=True)
class CertificateFacts:
    """What the host's certificates promise to those who look for it in the DNS."""

    tlsa: tuple[str, ...] = ()
    """A record's data for each key that is served, or is about to be (RFC 6698)."""
    hosts: tuple[str, ...] = ()
    """The names for which an authority issues certificates."""
    authorities: tuple[str, ...] = ()
    """What that authority calls itself in CAA records (RFC 8659)."""


def records(
    settings: Settings,
    keys: Mapping[str, Mapping[str, str]],
    below: Subdomains = Subdomains(),
    certified: CertificateFacts = CertificateFacts(),
) -> dict[str, list[Record]]:
    """
    Return the records by domain; *keys* holds domain, selector, text of the record.

    The host's own records stand with MAIL_DOMAIN, which comes first; those of names
    *below* with the nearest domain, whose DKIM keys and DMARC policy are theirs too.
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
    for name in sorted((below.received | below.sent) - {settings.mail_hostname}):
        parent = nearest(name, keys)
        if parent and parent != name:
            # Also where nobody gets mail: what has no MX is taken for forged.
            mx = Record(name, "MX", f"10 {settings.mail_hostname}")
            blocks[parent] += [mx, Record(name, "TXT", _spf(settings, name))]
    return blocks


def zone(blocks: Mapping[str, Sequence[Record]]) -> str:
    """Return the records as lines of a zone file (RFC 1035 §5), a block a domain."""
    return "\n".join(
        f"; {domain}\n" + "".join(f"{_zone_line(record)}\n" for record in block)
        for domain, block in blocks.items()
    )


def commented_out(reason: str, left_out: Sequence[Record]) -> str:
    """Return lines for the end of a zone file: records that are none, and why."""
    lines = [f"{reason}:", *map(_zone_line, left_out)] if left_out else []
    return "".join(f"; {line}\n" for line in lines)


def _host(settings: Settings, domains: Sequence[str]) -> list[Record]:
    name = settings.mail_hostname
    addresses = (("A", settings.public_ipv4), ("AAAA", settings.public_ipv6))
    found = [Record(name, kind, str(value)) for kind, value in addresses if value]
    # A domain's own record names the host, too, and two were none (RFC 7208 §4.5).
    if name in domains:
        return found
    # Bounces have no sender: SPF then asks for the name in EHLO (RFC 7208 §2.4).
    return [*found, Record(name, "TXT", _spf(settings, name, "a"))]


def _caa(host: str, certified: CertificateFacts) -> list[Record]:
    # At the host itself, so that the domain's web site may have another authority.
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
            f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{name}",
        ),
    ]


def _spf(settings: Settings, domain: str, own: str = "mx") -> str:
    # A relay often sends from other addresses than it takes mail at, so what isn't
    # listed is only doubted (~all) until its operator's include: has been added.
    relay = settings.relay_of(domain)
    if not relay:
        return f"v=spf1 {own} -all"
    return f"v=spf1 {own} {'ip4' if relay.is_address else 'a'}:{relay.host} ~all"


def _zone_line(record: Record) -> str:
    value = record.value
    if record.type == "TXT":
        value = " ".join(f'"{part}"' for part in _strings(value))
    elif record.type == "MX":
        value += "."
    return f"{record.name}. {record.ttl} IN {record.type} {value}"


def _strings(text: str) -> list[str]:
    size = LONGEST_STRING
    return [text[start : start + size] for start in range(0, len(text), size)]
