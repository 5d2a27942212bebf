"""Connects to each port, and checks that it serves the certificates in our folder."""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from stack.certs.bundle import Bundle, fingerprint, names
from stack.certs.store import Stored
from stack.renewal.deployment import handshake
from stack.system.endpoints import Endpoint

# Connections at a time. One takes a few hundredths of a second; names may be many.
PARALLEL = 8

# Seconds between two checks, growing: a reload takes one second, or more.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 3.0


@dataclass(frozen=True, order=True)
class PortResult:
    """What one port served to one client."""

    endpoint: Endpoint
    host: str
    """The name in SNI; empty without SNI."""
    key: str
    """The kind of key that the port should serve."""
    fingerprint: str
    """The SHA-256 of the served certificate; empty if there was none."""
    problem: str
    """What is wrong; empty if nothing is."""


@dataclass(frozen=True)
class Removed:
    """A certificate that must not be served any more."""

    host: str
    """A host name that it covers."""
    bundle: Bundle


@dataclass(frozen=True)
class _Probe:
    endpoint: Endpoint
    host: str | None
    bundle: Bundle
    name: str
    rsa: bool | None
    removed: bool = False


def check(
    endpoints: Iterable[Endpoint],
    stored: Mapping[str, Stored],
    hostname: str | None,
    removed: Iterable[Removed] = (),
) -> list[PortResult]:
    """
    Connect to each port for each certificate in *stored*, and once without SNI.

    The whole chain, the names and the dates are compared. Clients without SNI should
    get the certificate of *hostname*; None: they get none. No port may serve a
    certificate of *removed*.
    """
    probes = [
        probe
        for endpoint in endpoints
        for probe in (
            *_probes(endpoint, stored, hostname),
            *(_removal_probe(endpoint, each) for each in removed),
        )
    ]
    with ThreadPoolExecutor(PARALLEL) as pool:
        return sorted(pool.map(_result, probes))


def wait_until_served(
    endpoints: Iterable[Endpoint],
    stored: Mapping[str, Stored],
    hostname: str | None,
    seconds: float,
    removed: Sequence[Removed] = (),
) -> list[PortResult]:
    """Check until all ports are right, or *seconds* are over; return what is wrong."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        wrong = [
            each for each in check(endpoints, stored, hostname, removed) if each.problem
        ]
        left = deadline - time.monotonic()
        if not wrong or left <= 0:
            return wrong
        time.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)


def _probes(
    endpoint: Endpoint, stored: Mapping[str, Stored], hostname: str | None
) -> Iterable[_Probe]:
    for name, certificate in stored.items():
        several = len(certificate.bundles) > 1
        for bundle in certificate.bundles.values():
            kind = bundle.is_rsa if several else None
            yield _Probe(
                endpoint, certificate.probe_host, bundle, certificate.probe_host, kind
            )
            if name == hostname:
                yield _Probe(endpoint, None, bundle, certificate.probe_host, kind)


def _removal_probe(endpoint: Endpoint, removed: Removed) -> _Probe:
    kind = removed.bundle.is_rsa
    return _Probe(
        endpoint, removed.host, removed.bundle, removed.host, kind, removed=True
    )


def _result(probe: _Probe) -> PortResult:
    wanted = probe.bundle
    try:
        served = handshake.served_chain(probe.endpoint, probe.host, rsa=probe.rsa)
    except OSError as error:
        found = ""
        problem = "" if probe.removed else f"does not serve it: {_words(error)}"
    else:
        found = fingerprint(served[0])
        if probe.removed:
            is_there = served[0] == wanted.leaf
            problem = "still serves what was removed" if is_there else ""
        else:
            problem = _problem(served, wanted, probe.name)
    return PortResult(probe.endpoint, probe.host or "", wanted.key_type, found, problem)


def _problem(served: tuple[x509.Certificate, ...], wanted: Bundle, host: str) -> str:
    if served[0] != wanted.leaf:
        end = f"{served[0].not_valid_after_utc:%Y-%m-%d %H:%M}"
        known = ", ".join(names(served[0])) or "no host"
        return f"serves another certificate, for {known}, valid until {end}"
    if served != wanted.chain:
        return f"serves {len(served)} of a chain of {len(wanted.chain)} certificates"
    if not wanted.covers(host):
        return f"serves a certificate for {', '.join(wanted.names)}, not for {host}"
    now = datetime.now(UTC)
    if now > wanted.not_after:
        return f"serves a certificate that expired on {wanted.not_after:%Y-%m-%d}"
    if now < wanted.leaf.not_valid_before_utc:
        return "serves a certificate that is not valid yet: see this machine's clock"
    return ""


def _words(error: OSError) -> str:
    return str(error.strerror or error).partition(" (_ssl")[0]
