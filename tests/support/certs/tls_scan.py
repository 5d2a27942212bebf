"""Scans of the published ports by the TLS scanner sslyze."""

from collections.abc import Iterable
from pathlib import Path

from sslyze import (
    CertificateInfoExtraArgument,
    ProtocolWithOpportunisticTlsEnum,
    ScanCommand,
    ScanCommandsExtraArguments,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
)
from sslyze.scanner.models import AllScanCommandsAttempts

from tests.support.clients.dialogue import Smtp
from tests.support.server.project import ADDRESS
from tests.support.server.server import (
    HOSTNAME,
    IMAP_PORTS,
    PORTS,
    TLS_FROM_THE_START,
    Server,
)

# Not the versions before 1.2: it would try two hundred ciphers on each, and one is
# enough to see that the version is refused.
SCANS = {
    ScanCommand.TLS_1_2_CIPHER_SUITES,
    ScanCommand.TLS_1_3_CIPHER_SUITES,
    ScanCommand.TLS_COMPRESSION,
    ScanCommand.TLS_1_3_EARLY_DATA,
    ScanCommand.TLS_EXTENDED_MASTER_SECRET,
    ScanCommand.SESSION_RENEGOTIATION,
    ScanCommand.ELLIPTIC_CURVES,
}


VULNERABILITIES = {
    ScanCommand.CERTIFICATE_INFO,
    ScanCommand.HEARTBLEED,
    ScanCommand.OPENSSL_CCS_INJECTION,
    ScanCommand.ROBOT,
    ScanCommand.TLS_FALLBACK_SCSV,
}


def scan(server: Server, port: int) -> AllScanCommandsAttempts:
    """
    Scan *port* with sslyze.

    Raises:
        AssertionError: When it could not talk to it.
    """
    return _scan(server, [port], SCANS, ScanCommandsExtraArguments())[port]


def scan_certificates(server: Server, root: Path) -> dict[int, AllScanCommandsAttempts]:
    """
    Scan for known vulnerabilities, and validate certificates with *root* alone.

    Raises:
        AssertionError: When it could not talk to a port.
    """
    trusted = ScanCommandsExtraArguments(
        certificate_info=CertificateInfoExtraArgument(custom_ca_file=root)
    )
    return _scan(server, PORTS, VULNERABILITIES, trusted)


def _scan(
    server: Server,
    ports: Iterable[int],
    questions: set[ScanCommand],
    more: ScanCommandsExtraArguments,
) -> dict[int, AllScanCommandsAttempts]:
    # sslyze doesn't wait for the second line of postscreen's greeting: be known before.
    Smtp(ADDRESS, server.port(25)).socket.close()
    scanner = Scanner()
    requests = {port: _request(server, port, questions, more) for port in ports}
    scanner.queue_scans(list(requests.values()))
    results = {each.uuid: each.scan_result for each in scanner.get_results()}
    found = {port: results[request.uuid] for port, request in requests.items()}
    unreached = [port for port, result in found.items() if result is None]
    if unreached:
        raise AssertionError(f"sslyze could not connect to {unreached}")
    return found


def accepted_suites(found: AllScanCommandsAttempts) -> set[str]:
    """The cipher suites that the server accepts, by their IANA names."""
    attempts = (found.tls_1_2_cipher_suites, found.tls_1_3_cipher_suites)
    return {
        accepted.cipher_suite.name
        for attempt in attempts
        for accepted in attempt.result.accepted_cipher_suites
    }


def _request(
    server: Server,
    port: int,
    questions: set[ScanCommand],
    more: ScanCommandsExtraArguments,
) -> ServerScanRequest:
    protocols = ProtocolWithOpportunisticTlsEnum
    spoken = protocols.IMAP if port in IMAP_PORTS else protocols.SMTP
    return ServerScanRequest(
        ServerNetworkLocation(HOSTNAME, server.port(port), ip_address=ADDRESS),
        ServerNetworkConfiguration(
            HOSTNAME,
            tls_opportunistic_encryption=(
                None if port in TLS_FROM_THE_START else spoken
            ),
            # On a busy machine a new process for each connection takes its time.
            network_timeout=30,
        ),
        scan_commands=questions,
        scan_commands_extra_arguments=more,
    )
