"""Values for templates that follow from the settings, each with its reason."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from stack.accounts.routing import expansion
from stack.config.settings import Settings
from stack.config.types.sending.relays import Relay

# Bytes. Postfix measures a message before headers are added on its way to ClamAV.
ADDED_HEADERS = 65_536

# Seconds. When spamd reaches its own limit, it still has to write its answer.
ANSWER_GRACE = 10

# The levels of RELAY_TLS in Postfix (postconf(5), smtp_tls_security_level).
TLS_LEVELS = {"verify": "secure", "encrypt": "encrypt", "optional": "may"}

# Seconds. RFC 8461 §3.2 asks for weeks, and allows a year.
DAY = 86_400
WEEKS = 28 * DAY
# Those of TLS_POLICY, as smtp_tls_policy_maps has them.
EXCEPTIONS = {
    "none": "none",
    "may": "may",
    "encrypt": "encrypt",
    "dane": "dane-only",
    "verify": "verify servername=hostname",
}

# The names under which mail programs keep deleted messages.
TRASH = ("Trash", "Deleted Items", "Deleted Messages")

# All addresses of a machine.
EVERY, EVERY_IPV6 = IPv4Address("0.0.0.0"), IPv6Address("::")  # noqa: S104 - compared, not bound

# Why the ports are closed on IPv6 though they should be open, by what `make up` has
# seen, and what to do.
CLOSED = {
    "": "nobody has looked whether clients keep their addresses: `make up` does",
    "hidden": (
        "the engine gives all IPv6 clients the address of its gateway: use Docker 27 or"
        ' newer, or set "experimental": true and "ip6tables": true in'
        " /etc/docker/daemon.json, restart it, then `make up`"
    ),
    "none": (
        "this machine has no IPv6 address, or its engine can make no network with IPv6:"
        " when it can, `make up`"
    ),
    "old-network": (
        "the containers' network is of before it had IPv6: `docker compose down`, which"
        " ends sessions and keeps all data, then `make up`"
    ),
    "taken": (
        "another network has the addresses of NETWORK_SUBNET_IPV6: set others in .env,"
        " then `make up`"
    ),
    "unknown": (
        "whether clients keep their addresses can't be seen from this machine: if you"
        " know that they do, IPV6=yes in .env, then `make up`"
    ),
}
NO_ADDRESS = "to open them, set PUBLISH_ADDRESS_IPV6 in .env, then `make up`"

# Loopback, and the private networks (RFC 1918) from which Docker takes addresses.
PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


@dataclass(frozen=True)
class Derived:
    """
    The values that follow from *settings*. A template names them `derived.NAME`.

    Templates neither compute values nor parse settings themselves.
    """

    settings: Settings

    @property
    def log_debug(self) -> bool:
        """Whether the daemons log details for debugging."""
        return self.settings.log_level == "debug"

    # --- IPv6 -----------------------------------------------------------------

    @property
    def address_ipv6(self) -> IPv6Address | None:
        """The address on which the ports are to be open on IPv6; None if on none."""
        wanted = self.settings
        if wanted.ipv6 == "no":
            return None
        is_on_all = wanted.publish_address == EVERY
        return wanted.publish_address_ipv6 or (EVERY_IPV6 if is_on_all else None)

    @property
    def has_ipv6(self) -> bool:
        """
        Whether the ports are open on IPv6, and the containers behind them have it.

        Where clients were seen to come with another's address it isn't, whoever asks.
        """
        seen = self.settings.ipv6_seen
        unknown = seen in {"", "unknown"}
        good = self.settings.ipv6 == "yes" if unknown else seen == "kept"
        return good and self.address_ipv6 is not None

    @property
    def ipv6_closed(self) -> str:
        """Why the ports are closed on IPv6, and what to do; empty if they are open."""
        if self.has_ipv6:
            return ""
        if self.settings.ipv6 == "no":
            return "IPV6=no in .env"
        if self.address_ipv6 is None:
            return NO_ADDRESS
        return CLOSED[self.settings.ipv6_seen]

    @property
    def sends_on_ipv6(self) -> bool:
        """Whether mail leaves on IPv6, too."""
        named = self.settings.ipv6_names == "match"
        wanted = {"yes": True, "no": False, "auto": named}[self.settings.send_ipv6]
        return self.has_ipv6 and wanted

    @property
    def gateway_ipv6(self) -> IPv6Address:
        """
        The address of Docker's gateway: whoever comes with it could be anybody.

        Docker takes the first one of the network.
        """
        return self.settings.network_subnet_ipv6[1]

    @property
    def compose_ipv6(self) -> dict[str, str]:
        """What compose.yaml is told, as Compose can't reckon; empty where closed."""
        address = f"[{self.address_ipv6}]"
        return {
            "COMPOSE_NETWORK_IPV6": "true" if self.has_ipv6 else "",
            "COMPOSE_ADDRESS_IPV6": address if self.has_ipv6 else "",
        }

    # --- Postfix --------------------------------------------------------------

    @property
    def sends_directly(self) -> bool:
        """Whether there is no RELAY_HOST: mail goes to the recipient's MX."""
        return not self.settings.relay_host

    @property
    def default_transport(self) -> str:
        """The service for mail of senders without an own relay (postconf(5))."""
        host = self.settings.relay_host
        return host.transport if host else "smtp"

    @property
    def sender_relays(self) -> dict[str, Relay]:
        """The relay of each sender domain that has its own."""
        return {each.domain: each.relay for each in self.settings.relay_by_domain}

    @property
    def relay_starttls_level(self) -> str:
        """The TLS level for relays that begin with STARTTLS."""
        return TLS_LEVELS[self.settings.relay_tls]

    @property
    def relay_tls_level(self) -> str:
        """The TLS level for relays on port 465, where every session has TLS."""
        return "secure" if self.settings.relay_tls == "verify" else "encrypt"

    @property
    def tls_levels(self) -> dict[str, str]:
        """How mail to single domains is protected, by domain (postconf(5))."""
        return {
            each.domain: EXCEPTIONS[each.level] for each in self.settings.tls_policy
        }

    @property
    def alias_address_limit(self) -> int:
        """How many addresses one recipient may expand to: as many as `stack` allows."""
        return expansion.MOST_ADDRESSES

    @property
    def alias_recursion_limit(self) -> int:
        """
        How many lookups in a row one recipient may need.

        One step in `stack` is up to three in Postfix: alias domain, bare name, alias.
        The last one may be to a mark (forwarded.sqlite).
        """
        return 3 * expansion.MOST_STEPS + 1

    # --- The filters ----------------------------------------------------------

    @property
    def clamav_file_limit(self) -> int:
        """Bytes. ClamAV scans every message that Postfix accepts, to its end."""
        return self.settings.message_size_limit + ADDED_HEADERS

    @property
    def clamav_scan_limit(self) -> int:
        """Bytes, unpacked. Archives grow, but clamd can't scan 2 GiB or more."""
        return 4 * self.settings.message_size_limit

    @property
    def spam_answer_timeout(self) -> int:
        """Seconds after which a silent spamd hangs: it gives up a scan before that."""
        return self.settings.spam_time_limit + ANSWER_GRACE

    @property
    def is_bayes_shared(self) -> bool:
        """Whether all users share what one of them has taught."""
        return self.settings.spam_learning == "site"

    @property
    def hostname_pattern(self) -> str:
        """MAIL_HOSTNAME as a regular expression, with its dots escaped."""
        return self.settings.mail_hostname.replace(".", r"\.")

    # --- Dovecot --------------------------------------------------------------

    @property
    def trash_mailboxes(self) -> list[str]:
        """The mailboxes, and those below them, that may grow past the quota."""
        return [pattern for name in TRASH for pattern in (name, f"{name}/*")]

    # --- Web ------------------------------------------------------------------

    @property
    def acme_challenge(self) -> str:
        """How names are proven: port 80 is the service web's if that runs."""
        chosen = self.settings.acme_challenge
        return "webroot" if self.settings.web and chosen == "standalone" else chosen

    @property
    def compose_web(self) -> dict[str, str]:
        """
        What compose.yaml is told of port 80 of the service certs; empty: HTTP_PORT.

        The service web has that if it runs. It is a free port on loopback then, as no
        value lets Compose publish nothing.
        """
        return {"COMPOSE_CERTS_HTTP": "127.0.0.1:0" if self.settings.web else ""}

    @property
    def policy_lifetime(self) -> int:
        """
        Seconds for which senders keep the MTA-STS policy (RFC 8461 §3.2, max_age).

        Long when it is enforced, so that an attacker can't wait for its end; short when
        the next one has to be seen soon.
        """
        return WEEKS if self.settings.mta_sts == "enforce" else DAY

    # --- The resolver ---------------------------------------------------------

    @property
    def resolver_clients(self) -> list[IPv4Network]:
        """The networks whose queries are answered: all that a container may be in."""
        return [*map(IPv4Network, PRIVATE), self.settings.resolver_network]
