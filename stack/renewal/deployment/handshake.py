"""Connects to a port as a client does, to see which certificates it serves."""

import socket
import ssl
from typing import Any

from cryptography import x509

from stack.system.endpoints import HTTPS, Endpoint

TLS_FROM_THE_START = (HTTPS, 465, 993)
IMAP = (143, 993)

TIMEOUT = 10.0  # seconds, for each line
MOST_LINES = 100  # of an answer

# A client that offers one kind of cipher gets the certificate with that kind of key.
# TLS 1.3 has no such ciphers, so these clients speak TLS 1.2.
CIPHERS = {True: "aRSA", False: "aECDSA"}


def served_chain(
    endpoint: Endpoint, host: str | None, *, rsa: bool | None = None
) -> tuple[x509.Certificate, ...]:
    """
    Return the chain that *endpoint* serves to a client that asks for *host*.

    Args:
        endpoint: The port to connect to.
        host: The name in SNI (RFC 6066 §3); None: no SNI.
        rsa: True: offer RSA only; False: ECDSA only; None: both.

    Raises:
        OSError: When the port serves no certificate, or none of that kind.
    """
    with socket.create_connection((endpoint.address, endpoint.at), TIMEOUT) as plain:
        if endpoint.port not in TLS_FROM_THE_START:
            _start_tls(plain, endpoint.port)
        with _client(rsa).wrap_socket(plain, server_hostname=host) as encrypted:
            served = _chain(encrypted)
            _quit(encrypted, endpoint.port)
    return tuple(x509.load_der_x509_certificate(each) for each in served)


def answers(endpoint: Endpoint) -> bool:
    """
    Say whether *endpoint* serves any certificate.

    The web server has none for a client without SNI: a connection is enough there.
    """
    try:
        if endpoint.port == HTTPS:
            socket.create_connection((endpoint.address, endpoint.at), TIMEOUT).close()
            return True
        served_chain(endpoint, None)
    except OSError:
        return False
    return True


def greets(endpoint: Endpoint, seconds: float) -> bool:
    """
    Say whether *endpoint* sends the first byte of a greeting within *seconds*.

    On ports 465 and 993 it must come in TLS. Port 25 delays the rest of the greeting
    for a new client (postscreen), so only the first byte is read.
    """
    try:
        with socket.create_connection(
            (endpoint.address, endpoint.at), seconds
        ) as plain:
            if endpoint.port not in TLS_FROM_THE_START:
                return bool(plain.recv(1))
            with _client(None).wrap_socket(plain) as encrypted:
                heard = bool(encrypted.recv(1))
                encrypted.sendall(_quit_command(endpoint.port))
                return heard
    except OSError:
        return False


def _client(rsa: bool | None) -> ssl.SSLContext:
    """Return a client that accepts any certificate: the caller checks it."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.minimum_version = ssl.TLSVersion.TLSv1_2
    if rsa is not None:
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        client.set_ciphers(CIPHERS[rsa])
    return client


def _chain(encrypted: ssl.SSLSocket) -> list[bytes]:
    # The method is public since Python 3.13. In 3.11 and 3.12 only the inner object has
    # it, and returns objects.
    if hasattr(encrypted, "get_unverified_chain"):
        return list(encrypted.get_unverified_chain())
    inner: Any = encrypted._sslobj  # type: ignore[attr-defined]
    return [
        ssl.PEM_cert_to_DER_cert(each.public_bytes())
        for each in inner.get_unverified_chain()
    ]


def _start_tls(plain: socket.socket, port: int) -> None:
    with plain.makefile("rwb", buffering=0) as lines:
        if port in IMAP:
            lines.readline()
            reply = _say(lines, b"a STARTTLS")
            wanted = b"a OK"
        else:
            _reply(lines)
            _say(lines, b"EHLO check.invalid")
            reply = _say(lines, b"STARTTLS")
            wanted = b"220"
    if not reply.startswith(wanted):
        words = reply.decode(errors="replace").strip() or "hung up"
        raise ConnectionError(f"instead of STARTTLS it answered: {words}")


def _say(lines: Any, words: bytes) -> bytes:
    lines.write(words + b"\r\n")
    return _reply(lines)


def _reply(lines: Any) -> bytes:
    """Return the last line of a reply, which has no hyphen (RFC 5321 §4.2)."""
    for _ in range(MOST_LINES):
        if (line := bytes(lines.readline(4096)))[3:4] != b"-":
            return line
    raise ConnectionError("its answer has no end")


def _quit(encrypted: ssl.SSLSocket, port: int) -> None:
    """End the session properly: the daemon logs no lost connection."""
    if port == HTTPS:
        return
    with encrypted.makefile("rwb", buffering=0) as lines:
        if port in TLS_FROM_THE_START:
            lines.readline(4096)
        lines.write(_quit_command(port))
        lines.readline(4096)


def _quit_command(port: int) -> bytes:
    return b"a LOGOUT\r\n" if port in IMAP else b"QUIT\r\n"
