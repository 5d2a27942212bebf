"""The server as a client sees it: its published ports and its certificate."""

import ssl
from dataclasses import dataclass
from functools import cached_property

from tests.support.clients.dialogue import Imap, Smtp
from tests.support.clients.trust import Trust
from tests.support.server.project import ADDRESS, Project
from tests.support.wait import wait_until

DOMAIN = "example.test"
HOSTNAME = f"mail.{DOMAIN}"

PORTS = (25, 465, 587, 143, 993)
IMAP_PORTS = (143, 993)
TLS_FROM_THE_START = (465, 993)


@dataclass
class Server:
    """The server under test, reached by its published ports."""

    project: Project
    address: str = ADDRESS
    """That of this machine at which the ports are used; see World.outsider, too."""

    def port(self, number: int) -> int:
        """Tell where *number* is published now."""
        return self.project.port(number, address=self.address)

    @cached_property
    def certificate(self) -> str:
        """The certificate that `stack init` made, in PEM."""
        # On a busy machine the engine has lost what a command says that ends at once.
        show = ("postfix", "cat", f"/tls/{HOSTNAME}.pem")
        chain = wait_until(lambda: self.project.inside(*show), "a certificate").decode()
        return chain[chain.index("-----BEGIN CERTIFICATE-----") :]

    @cached_property
    def trust(self) -> Trust:
        """A TLS client that trusts that certificate alone."""
        return Trust.only(self.certificate, HOSTNAME)

    def connect(self, number: int, tls: ssl.SSLContext) -> Smtp | Imap:
        """
        Talk to a published port, encrypted in the way of that port.

        Raises:
            ssl.SSLError: When client and server have nothing in common.
        """
        protocol = Imap if number in IMAP_PORTS else Smtp
        if number in TLS_FROM_THE_START:
            return protocol(self.address, self.port(number), tls)
        session = protocol(self.address, self.port(number))
        try:
            if isinstance(session, Smtp):
                session.ehlo()
            session.start_tls(tls)
        except BaseException:
            session.socket.close()
            raise
        return session
