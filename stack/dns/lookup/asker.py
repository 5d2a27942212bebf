"""
Asks every name server of a zone itself, so that no cache hides a change.

Where they can't be reached, as in a private network, the resolver's answer counts.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import partial

import dns.exception
import dns.flags
import dns.name
import dns.rdatatype
import dns.resolver
from dns.nameserver import Do53Nameserver

from stack.dns.lookup import answers, authoritative
from stack.dns.lookup.answers import Answer, Reply, SilentError
from stack.dns.lookup.authoritative import Server
from stack.system.errors import UnableError
from stack.system.parallel import Once

# Seconds for all that the resolver does for one question.
RESOLVER_TIMEOUT = 4.0

# UDP packets may be lost.
ATTEMPTS = 2

# Few zones have more name servers. The others are not asked.
MOST_SERVERS = 8

# Questions to name servers under way at a time, each in a thread. The container of the
# command may have 128 (compose.yaml, pids_limit).
PARALLEL = 64

LONGEST_CHAIN = 8  # aliases that lead from zone to zone

LARGEST = 1232  # bytes of an answer that needs no fragments

# A name and a type.
Question = tuple[str, str]


@dataclass(frozen=True)
class ZoneServers:
    """The name servers of a zone, by what they have answered so far."""

    zone: str
    answering: tuple[Server, ...] = ()
    silent: tuple[Server, ...] = ()
    """They can't be reached, or don't answer in time."""
    lame: tuple[Server, ...] = ()
    """They answer, but for no name in this zone."""


class Asker:
    """Asks for records, each question once, from many threads."""

    def __init__(self, resolver: dns.resolver.Resolver) -> None:
        """Find zones and their servers by *resolver*, which is not changed."""
        self._resolver = copy(resolver)
        self._resolver.lifetime = RESOLVER_TIMEOUT
        self._resolver.cache = dns.resolver.LRUCache()
        # To learn whether a zone is signed (RFC 4035 §3.2.3).
        self._resolver.use_edns(0, dns.flags.DO, LARGEST)
        self._pool = ThreadPoolExecutor(PARALLEL)
        self._zone_of = Once(self._find_zone)
        self._servers_of = Once(self._find_servers)
        self._asked = Once(self._ask_all)
        self._silent: set[Server] = set()
        # Of a zone: who has answered for a name in it, and who has failed to.
        self._able: set[tuple[str, Server]] = set()
        self._failed: set[tuple[str, Server]] = set()
        self._seen: Mapping[Question, Answer] = {}

    def close(self) -> None:
        """Ask nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def seeing(self, name: str, kind: str, answer: Answer) -> "Asker":
        """Return who knows the same, and for whom *answer* is that to this question."""
        other = copy(self)
        other._seen = {**self._seen, (name, kind): answer}
        return other

    def ask(self, name: str, kind: str) -> Answer:
        """
        Return what most name servers say, or the resolver if none can be reached.

        An alias is followed.

        Raises:
            SilentError: When nobody answers.
        """
        return self._seen.get((name, kind)) or self.versions(name, kind)[0]

    def versions(self, name: str, kind: str) -> tuple[Answer, ...]:
        """
        Return the different answers, that of the most name servers first.

        Raises:
            SilentError: When nobody answers.
        """
        return self._asked((name.lower(), kind))

    def resolve(self, name: str, kind: str) -> Answer:
        """
        Return what the resolver says, which may come from its cache.

        Raises:
            SilentError: When it doesn't answer.
        """
        question = dns.name.from_text(name)
        try:
            found = self._resolver.resolve(
                question, kind, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return Answer()
        except dns.exception.DNSException as error:
            raise SilentError(_words(error)) from None
        alias = found.canonical_name if found.canonical_name != question else None
        return Answer(
            tuple(sorted(found.rrset or ())), (), answers.plain(alias) if alias else ""
        )

    def servers(self, name: str) -> ZoneServers:
        """
        Return the name servers of the zone that *name* is in.

        Raises:
            SilentError: When the zone can't be found.
        """
        zone = self._zone_of(name.lower())
        known = self._servers_of(zone)
        silent = [each for each in known if each in self._silent]
        failed = self._failed - self._able
        lame = [each for each in known if (zone, each) in failed]
        good = [each for each in known if each not in silent and each not in lame]
        return ZoneServers(zone, tuple(good), tuple(silent), tuple(lame))

    def is_signed(self, name: str) -> bool:
        """
        Say whether the resolver has validated the zone of *name* (DNSSEC).

        Raises:
            SilentError: When it doesn't answer.
        """
        zone = self._zone_of(name.lower())
        if not zone:
            return False
        question = dns.name.from_text(zone)
        try:
            found = self._resolver.resolve(question, "SOA", search=False)
        except dns.exception.DNSException as error:
            raise SilentError(_words(error)) from None
        return bool(found.response.flags & dns.flags.AD)

    # --- Each question once -----------------------------------------------------------

    def _find_zone(self, name: str) -> str:
        try:
            zone = dns.resolver.zone_for_name(name, resolver=self._resolver)
        except dns.resolver.NoRootSOA:
            # A private DNS, which knows single names.
            return ""
        except dns.exception.DNSException as error:
            raise SilentError(_words(error)) from None
        return answers.plain(zone)

    def _find_servers(self, zone: str) -> tuple[Server, ...]:
        found: dict[str, Server] = {}
        if zone in ("", "."):
            # A name that nobody has, or only a private DNS: the servers of the root
            # are not to be bothered with that.
            return ()
        with suppress(dns.exception.DNSException):
            for server in authoritative.servers(
                dns.name.from_text(zone), self._resolver
            ):
                # IPv4 comes first: many containers reach nothing else.
                found.setdefault(server.name, server)
        return tuple(found.values())[:MOST_SERVERS]

    def _ask_all(self, question: Question) -> tuple[Answer, ...]:
        replies = self._replies(question)
        if not replies:
            return (self.resolve(*question),)
        said: dict[Answer, list[str]] = {}
        for server, reply in replies:
            said.setdefault(self._answer(reply, question), []).append(server.name)
        most_first = sorted(said.items(), key=lambda row: -len(row[1]))
        return tuple(
            Answer(each.records, tuple(sorted(names)), each.alias)
            for each, names in most_first
        )

    def _answer(self, reply: Reply, question: Question) -> Answer:
        """Return what *reply* says, and others if it leads to a name of theirs."""
        if not reply.leads_away:
            return Answer(reply.records, (), reply.alias)
        target, kind = reply.alias, question[1]
        for _ in range(LONGEST_CHAIN):
            replies = self._replies((target, kind))
            if not (replies and replies[0][1].leads_away):
                break
            target = replies[0][1].alias
        found = replies[0][1].records if replies else self.resolve(target, kind).records
        return Answer(found, (), reply.alias)

    def _replies(self, question: Question) -> list[tuple[Server, Reply]]:
        """Return the reply of each name server that speaks for the name."""
        zone = self._zone_of(question[0])
        known = self._servers_of(zone)
        replies = self._pool.map(partial(self._reply, zone, question), known)
        return [(s, each) for s, each in zip(known, replies, strict=True) if each]

    def _reply(self, zone: str, question: Question, server: Server) -> Reply | None:
        name, kind = (
            dns.name.from_text(question[0]),
            dns.rdatatype.from_text(question[1]),
        )
        for _ in range(ATTEMPTS):
            if server in self._silent:
                return None
            with suppress(dns.exception.DNSException, OSError):
                message = authoritative.ask(server, name, kind)
                reply = answers.read(message, kind) if message else None
                (self._able if reply else self._failed).add((zone, server))
                return reply
        self._silent.add(server)
        return None


def resolver(addresses: Sequence[tuple[str, int]] = ()) -> dns.resolver.Resolver:
    """
    Return the machine's resolver, or one that asks *addresses*, each with its port.

    Raises:
        UnableError: When the machine has none.
    """
    if addresses:
        found = dns.resolver.Resolver(configure=False)
        found.nameservers = [Do53Nameserver(*each) for each in addresses]
        return found
    try:
        return dns.resolver.get_default_resolver()
    except dns.resolver.NoResolverConfiguration:
        raise UnableError(
            "/etc/resolv.conf: names no resolver: write it there, or name one by"
            " --resolver ADDRESS"
        ) from None


def _words(error: dns.exception.DNSException) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "no name server answers"
    return "its name servers fail, or its signatures (DNSSEC) are not valid"
