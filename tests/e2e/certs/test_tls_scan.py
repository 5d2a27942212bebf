"""sslyze, an independent TLS scanner, finds no weak cipher, curve or signature."""

import pytest

from tests.support.certs.openssl_client import handshake
from tests.support.certs.tls_scan import accepted_suites, scan

FORWARD_SECRET = {
    f"TLS_ECDHE_{key}_WITH_{cipher}"
    for key in ("ECDSA", "RSA")
    for cipher in (
        "AES_128_GCM_SHA256",
        "AES_256_GCM_SHA384",
        "CHACHA20_POLY1305_SHA256",
    )
}
TLS_1_3 = {
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
}
# On port 25 the choice is often between this and no encryption at all.
OLDER = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
}
CURVES = {"X25519", "secp256r1", "secp384r1"}

# The scanner also connects as a web browser, which the daemons log.
pytestmark = [
    pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem"),
    pytest.mark.provokes("postfix", "non-SMTP command from .*: GET / HTTP/1.1"),
    pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed|SSL_read failed.* alert"),
]


@pytest.fixture(scope="module")
def judged(server, tls_port):
    """Let sslyze look at a port."""
    return scan(server, tls_port)


def test_only_forward_secret_aead_ciphers_are_accepted(judged, tls_port):
    """
    Each port accepts only TLS 1.3 and ECDHE ciphers with AES-GCM or ChaCha20.

    Port 25 takes two older ones besides, for servers that would else send in clear.
    """
    accepted = accepted_suites(judged)

    assert accepted >= TLS_1_3
    assert accepted & FORWARD_SECRET
    assert accepted <= TLS_1_3 | FORWARD_SECRET | (OLDER if tls_port == 25 else set())


def test_no_compression_renegotiation_or_early_data(judged):
    """No port allows compression, renegotiation by the client, or early data."""
    renegotiation = judged.session_renegotiation.result

    assert judged.tls_compression.result.supports_compression is False
    assert renegotiation.supports_secure_renegotiation is True
    assert renegotiation.client_renegotiations_success_count == 0
    assert judged.tls_1_3_early_data.result.supports_early_data is False
    assert judged.tls_extended_master_secret.result.supports_ems_extension is True


@pytest.mark.core
def test_only_x25519_p256_and_p384_are_offered(judged):
    """Keys are agreed on with X25519, P-256 or P-384, and no other curve."""
    offered = judged.elliptic_curves.result.supported_curves

    assert {curve.name for curve in offered} == CURVES


@pytest.mark.core
def test_the_hybrid_key_exchange_x25519mlkem768_is_used(server, tls_port):
    """A client that knows the post-quantum key exchange X25519MLKEM768 gets it."""
    said = handshake(server, tls_port, "-tls1_3", "-groups", "X25519MLKEM768:X25519")

    assert "Negotiated TLS1.3 group: X25519MLKEM768" in said


def test_no_handshake_is_signed_with_sha_1(server, tls_port):
    """A client that asks for a SHA-1 signature gets none (RFC 9155)."""
    careless = ("-tls1_2", "-cipher", "ALL:@SECLEVEL=0", "-sigalgs")

    assert "Cipher is ECDHE" in handshake(server, tls_port, *careless, "ECDSA+SHA256")
    # handshake_failure (RFC 8446, 6.2)
    assert "alert number 40" in handshake(server, tls_port, *careless, "ECDSA+SHA1")
