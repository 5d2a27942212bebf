"""What templates need and .env doesn't say: worked out here, with the reason."""

from dataclasses import dataclass
from ipaddress import IPv4Network

from stack.accounts.routing import expansion
from stack.config.settings import Settings
from stack.config.types.relays import Relay

# Bytes that a message may grow by between Postfix, which measures it, and ClamAV: the
# headers that are added on the way, and line ends.
ROOM = 65_536

# Seconds that spamd is given to tell its verdict after its own limit.
TELLING = 10

# RELAY_TLS in Postfix's words (postconf(5), smtp_tls_security_level).
TLS_LEVELS = {"verify": "secure", "encrypt": "encrypt", "optional": "may"}

# Under these names, and in what is below them, mail programs keep what was deleted.
TRASH = ("Trash", "Deleted Items", "Deleted Messages")

# The addresses that Docker gives to containers, unless an operator says otherwise.
PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


@dataclass(frozen=True)
class Derived:
    """
    The values that follow from *settings*; in templates `derived.NAME`.

    A template asks for a value here, and neither computes nor takes apart a setting.
    """

    settings: Settings

    @property
    def log_debug(self) -> bool:
        """Whether the daemons log all they can."""
        return self.settings.log_level == "debug"

    # --- Postfix --------------------------------------------------------------

    @property
    def sends_directly(self) -> bool:
        """Whether mail without a relay of its own goes straight to the recipient's."""
        return not self.settings.relay_host

    @property
    def default_transport(self) -> str:
        """The service that delivers what has no relay of its own (postconf(5))."""
        host = self.settings.relay_host
        return host.transport if host else "smtp"

    @property
    def sender_relays(self) -> dict[str, Relay]:
        """The relay of each sender's domain that has its own."""
        return {each.domain: each.relay for each in self.settings.relay_by_domain}

    @property
    def relay_starttls_level(self) -> str:
        """How sure of a relay Postfix must be that begins in the clear."""
        return TLS_LEVELS[self.settings.relay_tls]

    @property
    def relay_tls_level(self) -> str:
        """The same on port 465, where there is no session without TLS."""
        return "secure" if self.settings.relay_tls == "verify" else "encrypt"

    @property
    def alias_address_limit(self) -> int:
        """How many addresses one recipient may lead to: as many as `stack` allows."""
        return expansion.MOST_ADDRESSES

    @property
    def alias_recursion_limit(self) -> int:
        """
        How many look-ups may follow each other for one recipient.

        One step of `stack` is up to three here: an alias domain, a bare name, an alias.
        """
        return 3 * expansion.MOST_STEPS

    # --- The filters ----------------------------------------------------------

    @property
    def clamav_file_limit(self) -> int:
        """How many bytes of one file ClamAV takes: of all that Postfix lets in."""
        return self.settings.message_size_limit + ROOM

    @property
    def clamav_scan_limit(self) -> int:
        """How many bytes ClamAV unpacks of a message; clamd can't do 2 GiB or more."""
        return 4 * self.settings.message_size_limit

    @property
    def spam_answer_timeout(self) -> int:
        """Seconds without an answer after which spamd hangs: it gives up before."""
        return self.settings.spam_time_limit + TELLING

    @property
    def is_bayes_shared(self) -> bool:
        """Whether what one user teaches counts for all."""
        return self.settings.spam_learning == "site"

    @property
    def hostname_pattern(self) -> str:
        """MAIL_HOSTNAME as a regular expression: its dots are no wildcards."""
        return self.settings.mail_hostname.replace(".", r"\.")

    # --- Dovecot --------------------------------------------------------------

    @property
    def trash_mailboxes(self) -> list[str]:
        """The mailboxes that may grow past the quota, as patterns (quota_storage)."""
        return [pattern for name in TRASH for pattern in (name, f"{name}/*")]

    # --- The resolver ---------------------------------------------------------

    @property
    def resolver_clients(self) -> list[IPv4Network]:
        """Whose questions are answered: those of any network that a container is in."""
        return [*map(IPv4Network, PRIVATE), self.settings.resolver_network]
