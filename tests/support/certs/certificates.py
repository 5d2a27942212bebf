"""The certificates of our server: changed by an operator, seen by clients."""

import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from typing import Any

from tests.support.certs.acme import Authority
from tests.support.clients.dialogue import Imap, Smtp
from tests.support.clients.trust import Trust
from tests.support.configuration.reload import with_settings
from tests.support.faults.services import stopped
from tests.support.server.project import ADDRESS, Project
from tests.support.server.server import (
    HOSTNAME,
    IMAP_PORTS,
    PORTS,
    TLS_FROM_THE_START,
    Server,
)
from tests.support.wait import wait_until

Done = subprocess.CompletedProcess[str]

# Where the published ports are, for the two kinds of clients.
ADDRESSES = (ADDRESS, "::1")

# An old client knows one of them and nothing else. TLS 1.3 doesn't tell them apart.
KINDS = {"ECDSA": "aECDSA", "RSA": "aRSA"}


@dataclass(frozen=True)
class Certificates:
    """What `stack cert` does, and what each port serves."""

    server: Server

    @property
    def project(self) -> Project:
        """The project of the server."""
        return self.server.project

    def cert(self, *words: str, stdin: str = "", check: bool = True) -> Done:
        """Run `stack cert` in the service `certs`."""
        command = ("stack", "cert", *words)
        return self.project.execute("certs", *command, stdin=stdin, check=check)

    def issue(self, *words: str, check: bool = True) -> Done:
        """Get a certificate, or several names on one."""
        return self.cert("issue", "--agree-tos", *words, check=check)

    def shown(self) -> list[dict[str, Any]]:
        """What `stack cert show` prints."""
        found = json.loads(self.project.stack("cert", "show", "--json").stdout)
        return list(found)

    def of(self, name: str = HOSTNAME) -> dict[str, Any]:
        """What `stack cert show` knows of the first certificate for *name*."""
        return next(each for each in self.shown() if each["name"] == name)

    def connect(
        self, port: int, tls: ssl.SSLContext, address: str = ADDRESS
    ) -> Smtp | Imap:
        """
        Talk to *port*, encrypted as is due there.

        Raises:
            ssl.SSLError: When client and server have nothing in common.
        """
        published = self.project.port(port, address=address)
        protocol = Imap if port in IMAP_PORTS else Smtp
        if port in TLS_FROM_THE_START:
            return protocol(address, published, tls)
        session = protocol(address, published)
        if isinstance(session, Smtp):
            session.ehlo()
        session.start_tls(tls)
        return session

    def served(self, port: int, client: ssl.SSLContext, address: str = ADDRESS) -> str:
        """
        Return the fingerprint of the certificate that *port* serves to *client*.

        Raises:
            ssl.SSLError: When the client doesn't trust it, or gets none.
        """
        try:
            with self.connect(port, client, address) as session:
                found = session.socket.getpeercert(binary_form=True)
        except OSError as error:
            error.add_note(f"port {port} on {address}")
            raise
        return sha256(found).hexdigest()

    def served_everywhere(
        self, host: str | None = HOSTNAME, kind: str = "", root: str = ""
    ) -> set[str]:
        """
        Return the fingerprints that all ports together serve, on both addresses.

        Args:
            host: What the client asks for by SNI; none, as old clients do.
            kind: ECDSA or RSA, if it knows that alone.
            root: The authority that it believes alone, in PEM; else it takes anything.

        Raises:
            ssl.SSLError: When the client doesn't trust one of them, or gets none.
        """
        client = (
            client_that_trusts(root, str(host), kind)
            if root
            else client_without_validation(host, kind)
        )
        with ThreadPoolExecutor(len(PORTS) * len(ADDRESSES)) as pool:
            clients = [
                pool.submit(self.served, port, client, address)
                for port, address in product(PORTS, ADDRESSES)
            ]
        return {each.result() for each in clients}

    def files(self) -> str:
        """The checksums of all files in var/tls and var/etc."""
        return self.project.as_root(
            "find var/tls var/etc -type f | sort | xargs sha256sum"
        )

    def check_now(self) -> None:
        """Have the service `certs` check now what is due, and wait for its end."""
        begin = time.time()
        self.project.container("certs").kill(signal="SIGHUP")
        self.await_check(begin)

    def await_check(self, begin: float) -> None:
        """Wait until it has checked since *begin*, in seconds of the epoch."""
        wait_until(
            lambda: "Next look" in self.project.said("certs", begin),
            "a look at what is due",
            within=90,
        )


def client_without_validation(host: str | None, kind: str = "") -> Trust:
    """Make a TLS client for *host* that accepts any certificate, or any of a *kind*."""
    client = Trust(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.server_name = host  # type: ignore[assignment]
    if kind:
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        client.set_ciphers(KINDS[kind])
    return client


def client_that_trusts(root: str, host: str, kind: str = "") -> Trust:
    """Make a TLS client that accepts only certificates of *root* for *host*."""
    client = Trust(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=root)
    client.server_name = host
    if kind:
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        client.set_ciphers(KINDS[kind])
    return client


@contextmanager
def restored(server: Server) -> Iterator[Certificates]:
    """Restore the certificates and their state in var/ afterwards."""
    project, found = server.project, Certificates(server)
    # The certificate that other tests trust is read before it changes.
    assert server.trust
    before, served = (project.folder / ".env").read_text(), found.served_everywhere()
    project.as_root(
        "rm -rf saved; mkdir saved; install -d -m 0700 var/acme;"
        " cp -a var/tls var/acme saved/"
    )
    try:
        yield found
    finally:
        # A round of renewal that is under way would ask for what is asked for no more.
        with stopped(project, "certs"):
            (project.folder / ".env").write_text(before)
            project.as_root(
                "for kind in tls acme; do find var/$kind -mindepth 1 -delete;"
                " cp -a saved/$kind/. var/$kind/; done; rm -r saved"
            )
        project.stack("init", "--yes")
        wait_until(
            lambda: found.served_everywhere() == served, "what was served before"
        )


@contextmanager
def trusting(server: Server, root: str) -> Iterator[None]:
    """Have all clients of the tests trust the authority *root* for a while."""
    before = server.trust
    server.trust = Trust.only(root, HOSTNAME)
    try:
        yield
    finally:
        server.trust = before


@contextmanager
def with_authority(project: Project, authority: Authority | str) -> Iterator[None]:
    """Have another ACME authority in .env for a while."""
    url = authority if isinstance(authority, str) else authority.directory
    with with_settings(project, ACME_DIRECTORY=url):
        yield
