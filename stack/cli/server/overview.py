"""Collects the rows of `stack status`. All checks run at the same time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

from stack.accounts.store import database
from stack.apply import versions
from stack.certs.validation import condition
from stack.config import envfile
from stack.config.derived import Derived
from stack.config.settings import Settings
from stack.dns.dkim import overview as dkim
from stack.dns.dkim import state
from stack.dns.resolver import dnsbl_status, public_resolvers, reverse
from stack.renewal.deployment import handshake
from stack.renewal.loop import expiry
from stack.system import endpoints, inotify
from stack.system.errors import StackError
from stack.system.parallel import at_once
from stack.system.project import Project

# Only the last one is for the operator to mend.
Level = Literal["ok", "warn", "fail"]

# Seconds for a port to say anything, and for all there is to know.
PORT_TIMEOUT, DEADLINE = 1.0, 1.1

# The second, where an operator has added a container without a check of its health.
WELL = ("healthy", "running")

# What `make up` has seen of IPv6 that an operator can mend.
ODD = ("hidden", "old-network", "taken")

# What these services log of a client with the address of Docker's gateway on IPv6
# (main.cf, nameless; dovecot.conf, hidden), and how far back that is looked for.
HIDDEN = {
    "postfix": "Your IPv6 address is hidden from this server",
    "dovecot": "clients on IPv6 have the address of the gateway",
}
HOUR = timedelta(hours=1)
LOGGED = 24 * HOUR

# Of the names of PUBLIC_IPV6.
SILENT = "no name server says in time what PTR and AAAA record it has"

# In the order in which they are told.
KINDS = (
    "version",
    "engine",
    "container",
    "port",
    "certificate",
    "dkim",
    "ipv6",
    "sending",
    "names",
    "list",
    "kernel",
)


class Row(NamedTuple):
    """One thing that was checked, and its state."""

    kind: str
    name: str
    state: str
    level: Level


Look = Callable[[], list[Row]]


def rows(project: Project) -> list[Row]:
    """Return a row for each check; if a check can't run, with the reason."""
    looks: dict[str, Look] = {
        "version": partial(_version, project),
        "engine": partial(_engine, project),
        "container": partial(_containers, project),
        "port": partial(_ports, project),
        "dkim": partial(_dkim, project),
        "names": _names,
        "kernel": _kernel,
    }
    wrong, late = [], {kind: [_timed_out_row(kind)] for kind in KINDS}
    try:
        settings = envfile.load(project.env)
    except StackError as error:
        wrong = [Row("settings", ".env", each, "fail") for each in error.problems]
    else:
        looks["certificate"] = partial(_certificates, project, settings)
        looks["ipv6"] = partial(_ipv6_clients, project, settings)
        looks["sending"] = partial(_sending, settings)
        looks["list"] = partial(_lists, project, settings)
        late["ipv6"] = [_ipv6(settings)]
        # Whoever asks them may be as slow as they are.
        late["list"] = [
            Row("list", zone, dnsbl_status.SLOW, "warn") for zone in settings.list_zones
        ]
        late["sending"] = [Row("sending", "IPv6", SILENT, "warn")]
    found = at_once(
        [partial(_rows_or_error, *each) for each in looks.items()], DEADLINE
    )
    seen = {
        kind: late[kind] if each is None else each
        for kind, each in zip(looks, found, strict=True)
    }
    return [*wrong, *(row for kind in KINDS for row in seen.get(kind, []))]


def _rows_or_error(kind: str, look: Look) -> list[Row]:
    """Return what *look* finds; if it fails, a row with the reason."""
    try:
        return look()
    except StackError as error:
        return [Row(kind, "?", problem, "fail") for problem in error.problems]
    except OSError as error:
        return [Row(kind, "?", str(error), "fail")]


def _timed_out_row(kind: str) -> Row:
    if kind == "names":
        return Row(kind, "resolver", public_resolvers.SILENT, "fail")
    return Row(kind, "?", f"not known within {DEADLINE} s", "fail")


def _version(project: Project) -> list[Row]:
    ours = versions.is_ours(project.root)
    return [] if ours else [Row("version", "stack", versions.OTHER, "fail")]


def _engine(project: Project) -> list[Row]:
    if endpoints.is_inside() or endpoints.containers(project.root) is not None:
        return []
    words = "doesn't answer: start it, or run stack as a user who may use it"
    return [Row("engine", "Docker", words, "fail")]


def _containers(project: Project) -> list[Row]:
    return [
        Row("container", name, state, "ok" if state in WELL else "fail")
        for name, state in endpoints.health(project.root)
    ]


def _ports(project: Project) -> list[Row]:
    found = endpoints.find(project.root)
    asked = [partial(handshake.greets, each, PORT_TIMEOUT) for each in found]
    answers = zip(found, at_once(asked, PORT_TIMEOUT, late=False), strict=True)
    there = {each.port for each in found}
    missing = [port for port in endpoints.SERVICES if port not in there]
    return [
        *(Row("port", str(port), "not running", "fail") for port in missing),
        *(_port(str(each).removeprefix("port "), does) for each, does in answers),
    ]


def _port(name: str, answers: bool) -> Row:
    if answers:
        return Row("port", name, "answers", "ok")
    return Row("port", name, "does not answer", "fail")


def _certificates(project: Project, settings: Settings) -> list[Row]:
    host = settings.mail_hostname
    now = datetime.now(UTC)
    bad = condition.problems(project.tls, project.etc, host, now)
    web = condition.web_problems(project.web, now) if settings.web else {}
    return [
        *(
            Row("certificate", each.name, each.words, "fail" if each.problem else "ok")
            for each in expiry.current(project)
        ),
        *(Row("certificate", f"var/tls/{name}", bad[name], "fail") for name in bad),
        *(Row("certificate", f"var/web/{name}", web[name], "fail") for name in web),
    ]


def _dkim(project: Project) -> list[Row]:
    """Return what is to be done for rotations under way; the DNS is not asked."""
    now = datetime.now(UTC)
    states = {
        name: state.load(project.dkim, name)
        for name in database.domains(project.database)
    }
    return [
        Row("dkim", name, line, "warn")
        for name, known in states.items()
        for line in dkim.to_do(project.dkim, name, known, now)
    ]


def _ipv6_clients(project: Project, settings: Settings) -> list[Row]:
    """Add to the row on the ports what the logs tell of their clients."""
    row, derived = _ipv6(settings), Derived(settings)
    since = datetime.now(UTC) - LOGGED
    if not derived.has_ipv6 or not any(
        words in endpoints.logged(project.root, service, since)
        for service, words in HIDDEN.items()
    ):
        return [row]
    words = (
        f"{row.state}, but in the last {LOGGED // HOUR} hours clients came with the"
        f" address of Docker's gateway, {derived.gateway_ipv6}, and were refused:"
        " `make up` looks again, and closes the ports if the engine hides clients;"
        " programs of this machine have to use 127.0.0.1 and not ::1"
    )
    return [row._replace(state=words, level="warn")]


def _ipv6(settings: Settings) -> Row:
    derived = Derived(settings)
    if derived.has_ipv6:
        return Row("ipv6", "ports", f"open on {derived.address_ipv6}", "ok")
    levels: dict[str, Level] = {"yes": "fail", "auto": "warn"}
    is_odd = settings.ipv6 == "yes" or settings.ipv6_seen in ODD
    level = levels[settings.ipv6] if is_odd and derived.address_ipv6 else "ok"
    return Row("ipv6", "ports", f"closed: {derived.ipv6_closed}", level)


def _sending(settings: Settings) -> list[Row]:
    derived = Derived(settings)
    if not derived.has_ipv6:
        return []
    way = "open" if derived.sends_on_ipv6 else "IPv4 only"
    if settings.send_ipv6 == "no":
        return [Row("sending", "IPv6", f"{way}: SEND_IPV6=no in .env", "ok")]
    if not settings.public_ipv6:
        words = f"{way}: PUBLIC_IPV6 in .env is the address whose names are looked at"
        return [Row("sending", "IPv6", words, "ok")]
    problem = reverse.problem(settings.public_ipv6, settings.mail_hostname)
    if problem is None:
        return [Row("sending", "IPv6", f"{way}; {SILENT}", "warn")]
    if problem:
        return [Row("sending", "IPv6", f"{way}: {problem}; then `stack init`", "warn")]
    if not derived.sends_on_ipv6:
        words = f"{way}: the names of {settings.public_ipv6} are right: `stack init`"
        return [Row("sending", "IPv6", words, "warn")]
    return [Row("sending", "IPv6", f"open from {settings.public_ipv6}", "ok")]


def _names() -> list[Row]:
    # Elsewhere the health of the resolver's container tells.
    if not endpoints.is_inside():
        return []
    state = public_resolvers.state()
    level: Level = "ok" if state == public_resolvers.ANSWERS else "fail"
    return [Row("names", "resolver", state, level)]


def _lists(project: Project, settings: Settings) -> list[Row]:
    zones = settings.list_zones
    return [
        Row("list", zone, words, _level(words))
        for zone, words in dnsbl_status.statuses(project.root, zones)
    ]


def _level(words: str) -> Level:
    if words == dnsbl_status.ANSWERS:
        return "ok"
    return "warn" if words in dnsbl_status.TRANSIENT else "fail"


def _kernel() -> list[Row]:
    # Nothing is wrong before there are that many sessions.
    state = inotify.state()
    return [Row("kernel", inotify.NAME, state, "ok")] if state else []
