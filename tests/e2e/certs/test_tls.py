"""Every port refuses old TLS, weak ciphers and plaintext logins."""

import ssl
import warnings

import pytest

from tests.support.clients.dialogue import Connection, Imap, Smtp
from tests.support.clients.trust import Trust
from tests.support.server.project import ADDRESS
from tests.support.server.server import HOSTNAME

pytestmark = pytest.mark.core


def careless(version: ssl.TLSVersion, ciphers: str = "ALL") -> ssl.SSLContext:
    """Make a client that speaks only TLS *version*, and validates nothing."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with warnings.catch_warnings():
        # That the version is deprecated is what the tests are about.
        warnings.simplefilter("ignore", DeprecationWarning)
        tls.minimum_version = tls.maximum_version = version
    return tls


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_each_port_offers_tls_1_2_and_1_3(server, tls_port, version):
    """Each port offers TLS 1.2 and 1.3, with a certificate for the host's name."""
    trust = Trust.only(server.certificate, HOSTNAME)
    trust.minimum_version = trust.maximum_version = ssl.TLSVersion[version]

    with server.connect(tls_port, trust) as session:
        assert session.socket.version() == version.replace("_", ".")


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
@pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem")
@pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed")
def test_tls_1_0_and_1_1_are_refused(server, tls_port, version):
    """Each port refuses TLS 1.0 and 1.1 (RFC 8996)."""
    tls = careless(ssl.TLSVersion[version])

    # The alert is the server's: the client itself could speak this version.
    with pytest.raises(ssl.SSLError, match="_ALERT_PROTOCOL_VERSION"):
        server.connect(tls_port, tls)


@pytest.mark.parametrize("ciphers", ["aNULL", "kRSA", "eNULL"])
@pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem")
@pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed")
def test_weak_ciphers_are_refused(server, tls_port, ciphers):
    """
    Each port refuses ciphers without authentication, forward secrecy or encryption.

    RFC 9325 forbids them.
    """
    tls = careless(ssl.TLSVersion.TLSv1_2, ciphers)

    with pytest.raises(ssl.SSLError, match="_ALERT_HANDSHAKE_FAILURE"):
        server.connect(tls_port, tls)


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [("TLSv1", "ALL"), ("TLSv1_1", "ALL"), ("TLSv1_2", "aNULL"), ("TLSv1_2", "kRSA")],
)
def test_the_test_clients_can_speak_old_tls(server, version, ciphers):
    """
    The test's old and anonymous clients succeed at another server.

    So the refusals above are our server's, and not a defect of the client.
    """
    tls = careless(ssl.TLSVersion[version], ciphers)

    with Smtp(ADDRESS, server.project.port(25, "outside")) as session:
        session.ehlo()
        assert session.start_tls(tls).code == 250


def test_imap_without_tls_takes_no_login(server, alice):
    """On port 143 no login is offered or taken before STARTTLS."""
    with Imap(ADDRESS, server.port(143)) as session:
        offer = session.say("CAPABILITY")
        login = session.say(f"LOGIN {alice.address} {alice.password}")

    assert "LOGINDISABLED" in offer
    assert "AUTH=PLAIN" not in offer
    assert "tag NO [PRIVACYREQUIRED]" in login


@pytest.mark.parametrize("port", [25, 587])
def test_smtp_commands_injected_before_tls_are_dropped(server, port):
    """
    An SMTP command injected before the TLS handshake is not answered (CVE-2011-0411).

    A client must say EHLO anew after it (RFC 3207, section 4.2).
    """
    with Smtp(ADDRESS, server.port(port)) as session:
        session.ehlo()
        session.write(b"STARTTLS\r\nRSET\r\n")
        session.reply()
        session.encrypt(server.trust)

        assert session.say("MAIL FROM:<a@outside.test>").code == 503


@pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed")
def test_imap_commands_injected_before_tls_are_dropped(server):
    """An IMAP command injected before the TLS handshake is not answered."""
    with Imap(ADDRESS, server.port(143)) as session:
        session.write(b"a STARTTLS\r\nb NOOP\r\n")
        assert session.line().startswith("a OK")
        try:
            session.encrypt(server.trust)
            answer = session.say("CAPABILITY")
        except (ssl.SSLError, OSError):
            answer = ""

    assert "b OK" not in answer


@pytest.mark.parametrize("port", [465, 993])
@pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem")
@pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed")
def test_clear_text_on_465_and_993_gets_no_answer(server, port):
    """Ports 465 and 993 answer nothing without TLS (RFC 8314)."""
    with Connection(ADDRESS, server.port(port)) as session:
        session.write(b"EHLO client.invalid\r\n")

        # At the most an alert of TLS, which is no line of text.
        assert session.line() == ""
