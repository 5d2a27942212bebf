"""What an operator decides: one field here for each key in .env."""

import difflib
import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated

from pydantic import BaseModel, ValidationError, ValidationInfo, field_validator

from stack.config.types import (
    Challenge,
    Channels,
    Directory,
    DMARCPolicy,
    Dnsbl,
    Domains,
    Email,
    Folder,
    IPv4,
    IPv6,
    Learning,
    Level,
    Name,
    Networks,
    Port,
    Profile,
    RelayByDomain,
    RelayHost,
    RelayTLS,
    ResolverNetwork,
    Score,
    Subnet,
    TimeoutAction,
    Upstream,
    YesOrNo,
    blocklists,
    relays,
    whole,
)
from stack.config.types.relays import Relay

PORTS = (
    "smtp_port",
    "submission_port",
    "submissions_port",
    "imap_port",
    "imaps_port",
    "http_port",
)

# The keys without a default: the option of `stack init` for it, and an example.
REQUIRED = {
    "MAIL_DOMAIN": ("--domain", "example.org"),
    "MAIL_HOSTNAME": ("--hostname", "mail.example.org"),
}

# For so much all parts have memory: tests/e2e/limits/test_largest_mail.py.
LARGEST_MESSAGE = 157_286_400

# A file's name has 255 characters at most.
LONGEST_HOST = 242

# What people write who come from elsewhere, by a word in the key.
LOGINS = (
    "no password belongs into .env: `stack relay login` keeps the login to a relay,"
    " `stack user passwd` a user's"
)
HINTS = {
    **dict.fromkeys(("PASS", "SECRET", "TOKEN", "USERNAME", "CREDENTIAL"), LOGINS),
    "TZ": "all times in the logs are UTC",
    "TIMEZONE": "all times in the logs are UTC",
}


class Settings(
    BaseModel,
    frozen=True,
    extra="forbid",
    validate_default=True,
    use_attribute_docstrings=True,
):
    """
    The whole of .env, checked and typed.

    Code and templates take settings from here, never from the environment. A key
    has its field's name in capitals; a field without a default is required; the
    text under a field is its comment in .env.example and its row in
    docs/settings.md. A setting exists only where two operators need it to differ.
    """

    mail_domain: Name
    """The first domain we take mail for: what follows the @ in an address.
    More are added with `stack domain add`."""

    mail_hostname: Name
    """This server's own name: what MX records point to, what the certificate and
    the reverse DNS of its address must say."""

    message_size_limit: Annotated[int, whole(65_536, LARGEST_MESSAGE)] = 52_428_800
    """The largest message we take in or send, in bytes, attachments encoded: a
    file grows by a third on its way into a message."""

    relay_host: RelayHost = ""
    """Where to hand over outgoing mail, as host or host:port (port 25 if not said;
    on 465, TLS from the first byte). Empty: straight to the recipient's server. If
    it wants a login: `stack relay login`."""

    relay_by_domain: RelayByDomain = ""
    """Domains whose mail, by its sender's address, goes through a server of their
    own: domain/host:port, more of them after commas. All other mail goes through
    RELAY_HOST, or straight."""

    relay_tls: RelayTLS = "verify"
    """How relays are spoken to. verify: encrypted, and only with a certificate for
    their name by an authority that Debian knows. encrypt: with any certificate, so
    whoever sits on the way can pose as the relay, read mail and take the login.
    optional: with any certificate, or in the clear and then without the login; only
    for a relay in your own network."""

    publish_address: IPv4 = IPv4Address("0.0.0.0")  # noqa: S104 - a mail server is there to be reached
    """The address of this machine that the ports below are opened on. 0.0.0.0: on
    all of them; 127.0.0.1: for this machine alone."""

    smtp_port: Port = 25
    """Where other mail servers reach us. They know no other port than 25. For this
    and the other ports, 0 lets Docker choose a free one."""

    submission_port: Port = 587
    """Where our users' programs send mail, with STARTTLS."""

    submissions_port: Port = 465
    """Where our users' programs send mail, with TLS from the first byte."""

    imap_port: Port = 143
    """Where our users' programs read mail, with STARTTLS."""

    imaps_port: Port = 993
    """Where our users' programs read mail, with TLS from the first byte."""

    http_port: Port = 80
    """Where a certificate authority looks whether MAIL_HOSTNAME is ours. Opened only
    where the service certs runs, and answered only while it is asked. Authorities know
    no other port than 80; 0, and another ACME_CHALLENGE, where that one is taken."""

    acme_directory: Directory = "https://acme-v02.api.letsencrypt.org/directory"
    """The authority that `stack cert issue` asks for certificates, by its ACME
    directory. Let's Encrypt unless changed. For one that this machine doesn't trust,
    put its own authority's certificate into var/acme/authorities.pem."""

    acme_email: Email = ""
    """Where the authority can write to you. Let's Encrypt needs none."""

    acme_challenge: Challenge = "standalone"
    """How the authority sees that a name is ours. standalone: the service certs
    answers on HTTP_PORT. webroot: another web server answers on port 80, with what is
    written into ACME_WEBROOT. dns-rfc2136: by dynamic update of a name server;
    dns-cloudflare, -digitalocean, -dnsimple, -dnsmadeeasy, -gehirn, -google, -linode,
    -luadns, -nsone, -ovh, -route53 or -sakuracloud: by the certbot plugin of that name,
    after `docker compose build certs`; each with var/acme/NAME.ini for its access.
    manual, for all other providers: by your own programs var/acme/hooks/auth and
    var/acme/hooks/cleanup."""

    acme_dns_wait: Annotated[int, whole(0, 7200)] = 60
    """How many seconds your name servers may take to show a new record, before the
    authority looks. For ACME_CHALLENGE dns-…."""

    acme_webroot: Folder = ""
    """The folder of this machine that another web server shows to the world. For
    ACME_CHALLENGE webroot; it must serve /.well-known/acme-challenge/ from there."""

    acme_profile: Profile = ""
    """The kind of certificate to ask for, where the authority offers several: with
    Let's Encrypt, tlsserver or shortlived. Empty: its usual one."""

    import_folder: Folder = ""
    """A folder of this machine in which Traefik, Caddy or another certbot keeps a
    certificate for MAIL_HOSTNAME. `stack cert import` takes it from there, and the
    service certs follows when it is renewed."""

    spam_mark_score: Score = 5.0
    """From this SpamAssassin score on, mail is marked and put into Junk; for a user
    with a `stack spam threshold` of their own, from that on."""

    spam_reject_score: Score = 15.0
    """From this SpamAssassin score on, mail is refused while its sender is still
    on the line. Must be more than SPAM_MARK_SCORE."""

    spam_scan_submissions: YesOrNo = False
    """Scan (yes) what our users send on 587 and 465, too, and refuse it from
    SPAM_REJECT_SCORE on. Nothing is marked. It stops spam of a stolen password; but
    a user can no longer forward a piece of spam, and each message takes longer."""

    spam_time_limit: Annotated[int, whole(5, 60)] = 30
    """How many seconds the spam filter may work on one message. Most take less than
    one; lower it if messages made to be slow keep the filter busy."""

    spam_timeout_action: TimeoutAction = "wait"
    """What becomes of a message that takes longer. wait: its sender is told to come
    again, so that nothing passes unscanned; what never gets done he learns after some
    days. mark: it goes into the inbox, with a header that says that it was not scanned;
    so whoever can write a message that takes that long gets past the filter. While the
    filter is down or hangs, mail waits in either case."""

    spam_learning: Learning = "site"
    """For whom the spam filter learns what users move in and out of Junk. site: for
    all. user: for all, too, but once a user has taught 200 messages of each kind, mail
    to nobody but that user is judged by those alone. For a server that strangers share:
    each may call something else spam."""

    greeting_delay: Annotated[int, whole(0, 10)] = 6
    """How many seconds a client on SMTP_PORT waits for our greeting, the first time in
    a day. Who talks before is refused: spam programs do, mail servers don't. The lists
    in DNSBL have as long to answer, and one that is later counts nothing. 0: nobody
    waits or is refused for it."""

    dnsbl: Dnsbl = "zen.spamhaus.org=127.0.0.[2..11]"
    """DNS block lists: who is on one is refused on SMTP_PORT with its name. Each as
    zone, zone=ANSWERS*WEIGHT or a part of that, as in postconf(5) under
    postscreen_dnsbl_sites, without ;. A negative weight makes it an allow list: who has
    less than 0 in all is spared GREETING_DELAY and GREYLISTING. The operators of a list
    learn who writes to you, and may err; Spamhaus wants a contract from companies and
    from who asks much, and refuses to answer public resolvers: `stack status` tells.
    none: no list is asked."""

    dnsbl_threshold: Annotated[int, whole(1, 99)] = 1
    """From what sum of the weights in DNSBL on a client is refused. At 1, one list is
    enough."""

    greylisting: YesOrNo = False
    """Tell each client that is new on SMTP_PORT to come again (yes), which spam
    programs often don't. It delays the first mail of each server by minutes, that of a
    provider with many addresses by hours, and that of all after a restart."""

    client_exceptions: Networks = ""
    """Clients that are spared GREETING_DELAY, DNSBL and GREYLISTING: your monitoring,
    or a partner listed by mistake. Addresses and networks, with commas between. All
    spam from there reaches the other checks."""

    antivirus: YesOrNo = False
    """Have ClamAV look for viruses (yes) in what comes in and in what our users send,
    and refuse what it knows. Costs 1.2 to 1.5 GB of memory, more while new signatures
    are tried, up to 3 GB; and downloads some hundred MB of them at first, then a little
    every day. Until it has them, no mail is taken: its senders try again. After
    `stack init`, `docker compose up --detach --wait` starts it; after a change back to
    no, `docker compose rm --stop --force clamav` ends it. What it takes and what it
    leaves out: docs/antivirus.md."""

    spam_rules_update: YesOrNo = True
    """Look for new SpamAssassin rules once a day, and use them when they are signed,
    checked and tried out. no: use the rules that come with the package."""

    spam_rules_channels: Channels = ""
    """Where to look for rules beside SpamAssassin's own: names of channels, more of
    them after commas, like kam.sa-channels.mcgrail.com. Put the public key that signs
    them into var/spam/keys/NAME.asc: nothing else says whose rules you take."""

    dmarc_policy: DMARCPolicy = "refuse"
    """What is done with mail that isn't proven (SPF, DKIM) to be of the domain in its
    From, when that domain's owner wants such mail refused or put aside (DMARC). refuse:
    as the owner says. mark: into Junk, and nothing is refused. off: the verdict is only
    told in the headers, so that forged mail comes in."""

    trusted_forwarders: Domains = ""
    """Domains of mailing lists and forwarders that pass on what others wrote, with
    commas between. What SPF or DKIM proves to come from one of them, or a name below,
    is taken whatever its From says: they must not let forgers in."""

    arc_trusted_sealers: Domains = ""
    """Domains that are believed when their ARC seal (RFC 8617) says that DMARC passed
    when they got a message, although what they changed broke the proof; with commas
    between. Who is named here can send you mail in anybody's name."""

    log_level: Level = "info"
    """How much the containers log: info, or debug while looking for a fault."""

    network_subnet: Subnet = IPv4Network("172.29.25.0/24")
    """The addresses of the containers. Change it if your network uses them, after
    `docker compose down`: Compose doesn't change a network that is in use."""

    resolver_upstream: Upstream = ""
    """Name servers to ask, as address or address:port, more of them after commas.
    Empty: our resolver asks the internet's own, from the root down. Block lists don't
    answer the public ones (8.8.8.8 and such): only for a network that lets nobody else
    out."""

    resolver_dnssec: YesOrNo = True
    """Believe a domain that signs its records only with a signature (DNSSEC). no, for
    a RESOLVER_UPSTREAM that takes signatures off: whoever sits on the way can then
    answer for any domain."""

    resolver_network: ResolverNetwork = "172.29.26"
    """The first three numbers of the addresses, all 256 of them, at which containers
    ask our resolver for names. Change it if your network uses them, after `docker
    compose down`."""

    public_ipv4: IPv4 | None = None
    """The IPv4 address that others reach this server by: the A record in `stack dns
    show`. Who claims this address in EHLO is refused."""

    public_ipv6: IPv6 | None = None
    """The IPv6 address that others reach this server by: the AAAA record in `stack
    dns show`, once the mail ports listen on IPv6. Who claims this address in EHLO is
    refused."""

    auth_rate_limit: Annotated[int, whole(0, 1_000_000)] = 60
    """How many logins to send mail one client address may try a minute. Raise it
    if a whole office shares an address; 0: no limit."""

    connection_rate_limit: Annotated[int, whole(0, 1_000_000)] = 120
    """How many connections one client address may open a minute, on each port for
    mail. Raise it if a server of yours hands us much mail, or if all clients reach
    us through one address; 0: no limit."""

    message_rate_limit: Annotated[int, whole(0, 1_000_000)] = 600
    """How many messages one client address may send a minute, on each port for mail.
    What is over the limit is told to come again later; 0: no limit."""

    send_rate_limit: Annotated[int, whole(0, 99_999)] = 1000
    """How many recipients one login may write to in an hour, so that a stolen
    password doesn't send spam all night; what its Sieve script forwards and answers
    counts, too. Lower it where nobody writes to many; 0: no limit."""

    allow_ephemeral_data: YesOrNo = False
    """Start (yes) although mail, queue or keys are not on a persistent mount: they
    are lost with the container. For trials only."""

    @field_validator("mail_hostname")
    @classmethod
    def _fit_for_a_file(cls, name: str) -> str:
        # That of its certificate, while it is written: .NAME.rsa.pem.new.
        if len(name) > LONGEST_HOST:
            raise ValueError(
                f"must have at most {LONGEST_HOST} characters, as a file is named for"
                " it"
            )
        return name

    @field_validator("spam_reject_score")
    @classmethod
    def _above_the_mark(cls, score: float, info: ValidationInfo) -> float:
        if score <= info.data.get("spam_mark_score", 0.0):
            raise ValueError("must be more than SPAM_MARK_SCORE")
        return score

    @field_validator("dnsbl_threshold")
    @classmethod
    def _within_reach(cls, score: int, info: ValidationInfo) -> int:
        # Missing here when it was found to be wrong already.
        found = blocklists.lists(info.data.get("dnsbl", blocklists.NONE))
        highest = blocklists.highest(found)
        if highest and score > highest:
            raise ValueError(f"must be at most {highest}: more isn't had on all lists")
        return score

    @field_validator(*PORTS)
    @classmethod
    def _not_taken(cls, port: int, info: ValidationInfo) -> int:
        for other in PORTS:
            if port and info.data.get(other) == port:
                raise ValueError(f"must be another port: {other.upper()} has it")
        return port

    @field_validator("relay_tls")
    @classmethod
    def _can_be_verified(cls, mode: str, info: ValidationInfo) -> str:
        # Either is missing here when it was found to be wrong already.
        keys = ("relay_host", "relay_by_domain")
        found = relays.table(*(info.data.get(key, "") for key in keys))
        nameless = [str(relay) for relay in found.values() if relay.is_address]
        if mode == "verify" and nameless:
            raise ValueError(
                f"can't be verify: write {nameless[0]} with the name that its"
                " certificate has, or read what encrypt and optional risk"
            )
        return mode

    @field_validator("resolver_network")
    @classmethod
    def _beside_the_others(cls, prefix: str, info: ValidationInfo) -> str:
        subnet = info.data.get("network_subnet")
        if subnet and subnet.overlaps(IPv4Network(f"{prefix}.0/24")):
            raise ValueError("must be another network: NETWORK_SUBNET has it")
        return prefix

    @field_validator("resolver_network")
    @classmethod
    def _not_asking_itself(cls, prefix: str, info: ValidationInfo) -> str:
        ourselves = f"{prefix}.53"
        if ourselves in re.split("[,:]", info.data.get("resolver_upstream", "")):
            raise ValueError(
                f"must be another network: {ourselves} is our own resolver, and"
                " RESOLVER_UPSTREAM would have it ask itself"
            )
        return prefix

    @property
    def relays(self) -> dict[str, Relay]:
        """The relay of each sender's domain that has its own; of all others by ""."""
        return relays.table(self.relay_host, self.relay_by_domain)

    def relay_of(self, domain: str) -> Relay | None:
        """Return the relay that takes what *domain* sends, or nothing."""
        return self.relays.get(domain) or self.relays.get("")

    @property
    def list_zones(self) -> list[str]:
        """The lists in DNSBL, each once."""
        found = blocklists.lists(self.dnsbl)
        return list(dict.fromkeys(each.zone for each in found))

    @property
    def log_debug(self) -> bool:
        """Whether the daemons log all they can."""
        return self.log_level == "debug"

    def context(self) -> dict[str, object]:
        """Return what a template may name: the fields, and values worked out."""
        return self.model_dump() | {
            "log_debug": self.log_debug,
            "blocklists": blocklists.lists(self.dnsbl),
            "excepted_clients": list(filter(None, self.client_exceptions.split(","))),
            **relays.context(self.relays, self.relay_tls),
        }


def mistakes(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Tell each key that is wrong, and what is wrong with it."""
    for found in error.errors():
        key = str(found["loc"][0]).upper()
        yield key, _words(key, found["type"], found["msg"])


def _words(key: str, kind: str, message: str) -> str:
    if kind == "missing":
        option, value = REQUIRED[key]
        return (
            f"is missing: write {key}={value} into .env, with your own name, or run"
            f" `stack init {option} {value}`"
        )
    if kind == "extra_forbidden":
        if hint := next((h for word, h in HINTS.items() if word in key), ""):
            return f"is not a setting: {hint}"
        keys = [name.upper() for name in Settings.model_fields]
        near = difflib.get_close_matches(key, keys, n=1)
        hint = f"did you mean {near[0]}?" if near else "see docs/settings.md"
        return f"is not a setting: {hint}"
    return message.removeprefix("Value error, ")
