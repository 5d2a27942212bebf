"""TLS handshakes by openssl-s_client(1), with options that Python doesn't have."""

from tests.support.server.project import CommandError
from tests.support.server.server import IMAP_PORTS, TLS_FROM_THE_START, Server


def handshake(server: Server, port: int, *options: str) -> str:
    """
    Connect to *port* with the *options* of s_client(1), and return what it says.

    From within the network that the ports are published on, by the openssl of the
    Dovecot image: it is as new as our servers', which a test machine's may not be.
    Its complaint when client and server have nothing in common.
    """
    host = "localhost" if port in IMAP_PORTS else "postfix"
    protocol = "imap" if port in IMAP_PORTS else "smtp"
    start = () if port in TLS_FROM_THE_START else ("-starttls", protocol)
    client = ("timeout", "30", "openssl", "s_client", "-connect", f"{host}:{port}")
    try:
        return server.project.inside("dovecot", *client, *start, *options).decode()
    except CommandError as error:
        return str(error)
