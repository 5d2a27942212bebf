"""
sslyze, an independent TLS scanner, accepts our certificates and finds no known hole.
"""

import ssl
from pathlib import Path

import pytest
from sslyze import ScanCommand

from tests.support.certs.acme import Authority
from tests.support.certs.certificates import client_without_validation
from tests.support.certs.tls_scan import scan_certificates
from tests.support.server.server import HOSTNAME, PORTS

pytestmark = [
    pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem"),
    pytest.mark.provokes("postfix", "non-SMTP command from .*: GET / HTTP/1.1"),
    pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed|SSL_read failed.* alert"),
    # Said of an authority in the judge's own list, which is asked as well.
    pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive"),
]
every_port = pytest.mark.parametrize("port", PORTS)


@pytest.fixture(scope="module")
def root(server, authorities) -> str:
    """Return the root certificate of the ACME authority."""
    return Authority(server.project).root


@pytest.fixture(scope="module")
def judged(server, certificates, root, tmp_path_factory):
    """Let sslyze look at all ports at once, each with a certificate of both kinds."""
    certificates.issue("--rsa")
    file = Path(tmp_path_factory.mktemp("judge"), "root.pem")
    file.write_text(root)
    return scan_certificates(server, file)


@pytest.mark.core
@every_port
def test_each_certificate_chain_is_complete_and_valid(judged, port):
    """
    Each port serves an ECDSA and an RSA certificate with a complete, valid chain.

    The chain is in order, without the root and without SHA-1.
    """
    deployed = judged[port].certificate_info.result.certificate_deployments

    assert len(deployed) == 2
    for each in deployed:
        valid = {
            result.trust_store.name
            for result in each.path_validation_results
            if result.was_validation_successful
        }
        assert valid == {"Supplied CA file"}
        assert each.received_chain_has_valid_order
        assert not each.received_chain_contains_anchor_certificate
        assert not each.verified_chain_has_sha1_signature
        assert len(each.received_certificate_chain) == 2


@every_port
@pytest.mark.parametrize(
    ("hole", "field"),
    [
        (ScanCommand.HEARTBLEED, "is_vulnerable_to_heartbleed"),
        (ScanCommand.OPENSSL_CCS_INJECTION, "is_vulnerable_to_ccs_injection"),
        (ScanCommand.TLS_FALLBACK_SCSV, "supports_fallback_scsv"),
        (ScanCommand.ROBOT, "robot_result"),
    ],
    ids=lambda each: getattr(each, "value", ""),
)
def test_no_known_tls_vulnerability_is_found(judged, port, hole, field):
    """Heartbleed, CCS injection, downgrade and ROBOT don't work on any port."""
    found = getattr(getattr(judged[port], hole.value).result, field)

    safe = {"robot_result": "NOT_VULNERABLE", "supports_fallback_scsv": True}
    assert str(getattr(found, "name", found)).startswith(str(safe.get(field, False)))


@pytest.mark.usefixtures("judged")
def test_clients_without_ecdsa_get_rsa_if_wanted(certificates, root):
    """
    With `cert issue --rsa`, clients without ECDSA get an RSA certificate.

    Without it they get none.
    """
    shown = {each["key"]: each for each in certificates.shown()}
    assert [each["hosts"] for each in shown.values()] == [[HOSTNAME], [HOSTNAME]]
    ecdsa, rsa = ({shown[key]["sha256"]} for key in ("ECDSA P-256", "RSA 2048"))
    assert certificates.served_everywhere(kind="RSA", root=root) == rsa
    assert certificates.served_everywhere(kind="ECDSA", root=root) == ecdsa
    assert certificates.served_everywhere() == ecdsa

    certificates.issue()

    with pytest.raises(ssl.SSLError):
        certificates.served(993, client_without_validation(HOSTNAME, "RSA"))
    assert [each["key"] for each in certificates.shown()] == ["ECDSA P-256"]
