"""What the name server of the test internet knows."""

from collections.abc import Iterable

from tests.support.world.addresses import (
    LISTED,
    OUTSIDE,
    RELAY,
    SELECTOR,
    SIX,
    Addresses,
)
from tests.support.world.zones import authentication
from tests.support.world.zones.blocklists import listing, local_zones
from tests.support.world.zones.signed_zone import UNBOUND_CONF

# What the name server knows about our own domains: see name_servers/published_zone.py.
OURS = "ours.conf"


def records(world: Addresses, dkim_record: str) -> list[str]:
    """
    Every name there is, but for ours, which are in a file of their own.

    Nothing listens for mail to dead.test, silent.test wants none (RFC 7505), and
    spam.test has no MX, as many domains haven't. SpamAssassin's own channel has
    nothing new, and rules.test has nothing yet.
    """
    return [
        f"{OUTSIDE}. MX 10 mx.{OUTSIDE}.",
        f"mx.{OUTSIDE}. A {world.outside}",
        f'{OUTSIDE}. TXT "v=spf1 ip4:{world.outside} -all"',
        f"{SELECTOR}._domainkey.{OUTSIDE}. TXT {dkim_record}",
        f"{RELAY}. A {world.relay}",
        f"relay.test. A {world.relay}",
        # The TTL of a TLSA record is asked for at the zone's own name server.
        "test. NS ns.test.",
        f"ns.test. A {world.dns}",
        "dead.test. MX 10 mx.dead.test.",
        f"mx.dead.test. A {world.dns}",
        *(f"{name}. MX 10 mx.{name}." for name in world.sinks),
        *(f"mx.{name}. A {address}" for name, address in world.sinks.items()),
        *(f"{name}. A {address}" for name, address in world.authorities.items()),
        "spam.test. A 192.0.2.66",
        "silent.test. MX 0 .",
        # Senders that have no IPv4 address; the second is another's.
        f"six.spf-six.test. AAAA {world.outsider}",
        f'six.spf-six.test. TXT "v=spf1 ip6:{world.outsider} -all"',
        f"other.spf-six.test. AAAA {world.six}",
        f'other.spf-six.test. TXT "v=spf1 ip6:{world.six} -all"',
        f"{SIX}. MX 10 mx.{SIX}.",
        f"mx.{SIX}. AAAA {world.six}",
        *(
            record
            for clients in (world.postscreen_clients, world.postscreen_clients_ipv6)
            for record in listing(clients[name] for name in LISTED)
        ),
        f"rules.test. A {world.mirror}",
        'mirrors.rules.test. TXT "http://rules.test/MIRRORED.BY"',
        '1.0.4.updates.spamassassin.org. TXT "0"',
        *authentication.records(SELECTOR, dkim_record),
    ]


def unbound_conf(world: Addresses, records: Iterable[str], ttl: int) -> str:
    """
    The name server's configuration: see unbound.conf(5).

    A name that isn't listed is answered with NXDOMAIN at once: no query leaves
    this machine, and no look-up of a client's name makes a server wait.
    """
    data = "\n".join(f"    local-data: '{_kept(each, ttl)}'" for each in records)
    start = f"{ttl} SOA ns.test. postmaster.test. 1 3600 600 86400 {ttl}"
    return f"""
server:
    interface: 0.0.0.0
    access-control: 0.0.0.0/0 allow
    do-ip6: no
    chroot: ""
    username: ""
    use-syslog: no
    logfile: ""
    module-config: "iterator"
    local-zone: "." static
    local-zone: "test." static
    local-zone: "lame.test." refuse
    local-data: ". {start}"
    local-data: "test. {start}"
{local_zones()}
    local-zone: "lame.big.test." refuse
{data}
    include: /zones/{OURS}
    local-data-ptr: "{world.outside} 0 mx.{OUTSIDE}"
    local-data-ptr: "{world.relay} 0 {RELAY}"
    local-data-ptr: "{world.postfix} 0 mail.example.test"
    local-data-ptr: "{world.public_ipv6} 0 mail.example.test"
remote-control:
    control-enable: yes
    control-interface: /run/unbound.ctl
{UNBOUND_CONF}"""


def _kept(record: str, ttl: int) -> str:
    """Return *record*, `name type data`, with its time to live."""
    name, _, rest = record.partition(" ")
    return f"{name} {ttl} {rest}"
