"""
A mail server that takes everything and writes down what came, to the byte.

Each session is a line of JSON in its log. What it offers is its argument: `plain`
offers nothing, `broken` STARTTLS, and then breaks the handshake, `old` STARTTLS with no
version after TLS 1.0, `tls` STARTTLS with the certificate of the name that a client
asks for, `eight` 8BITMIME, and `six` nothing, on IPv6 alone.
"""

import base64
import datetime
import json
import socket
import socketserver
import ssl
import sys
import tempfile
from pathlib import Path

import sni
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

END = b"\r\n.\r\n"
OFFERS = {
    "broken": "STARTTLS",
    "old": "STARTTLS",
    "tls": "STARTTLS",
    "eight": "8BITMIME",
}


def old_tls() -> ssl.SSLContext:
    """Speak TLS 1.0 and nothing newer, with a certificate that nobody knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx.old.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chain.pem"
        file.write_bytes(secret + certificate.public_bytes(pem))
        tls.load_cert_chain(file)
    return tls


class Session(socketserver.StreamRequestHandler):
    """One connection; *behaviour* is set before the first one comes."""

    behaviour = "plain"
    tls: ssl.SSLContext

    def handle(self) -> None:
        """Answer every command with yes, and note it."""
        self.commands: list[str] = []
        self.data: list[str] = []
        self.version = ""
        try:
            self.talk()
        except OSError as error:
            self.commands.append(f"({error})")
        record = {
            "commands": self.commands,
            "data": self.data,
            "tls": self.version,
            "client": self.client_address[0],
        }
        print(json.dumps(record), flush=True)

    def talk(self) -> None:
        """Serve the client until it goes."""
        self.say("220 sink ESMTP")
        while line := self.rfile.readline():
            self.commands.append(line.decode(errors="backslashreplace"))
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"EHLO":
                offer = OFFERS.get(self.behaviour) if not self.version else None
                self.say(f"250-sink\r\n250 {offer}" if offer else "250 sink")
            elif verb == b"STARTTLS":
                self.say("220 go on")
                if self.behaviour == "broken":
                    self.say("this is no TLS")
                    return
                self.encrypt()
            elif verb == b"DATA":
                self.say("354 go on")
                self.data.append(base64.b64encode(self.read_data()).decode())
                self.say("250 taken")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 yes")

    def read_data(self) -> bytes:
        """Read as the standard has it: nothing but CRLF.CRLF is an end."""
        data = b"\r\n"
        while not data.endswith(END):
            if not (line := self.rfile.readline()):
                break
            data += line
        return data.removeprefix(b"\r\n")

    def encrypt(self) -> None:
        """Go on in TLS."""
        connection = self.tls.wrap_socket(self.request, server_side=True)
        self.request, self.version = connection, connection.version() or ""
        self.rfile = connection.makefile("rb")
        self.wfile = connection.makefile("wb", buffering=0)

    def say(self, answer: str) -> None:
        """Send an answer."""
        self.wfile.write(f"{answer}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    """Takes any number of connections at once."""

    allow_reuse_address = True
    daemon_threads = True


Session.behaviour = sys.argv[1]
if Session.behaviour == "six":
    Server.address_family = socket.AF_INET6
if Session.behaviour == "old":
    Session.tls = old_tls()
elif Session.behaviour == "tls":
    Session.tls = sni.context(Path("/certificates"))
with Server(("", 25), Session) as server:
    server.serve_forever()
