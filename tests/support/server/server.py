"""Our server, as a client out there sees it: ports, and the certificate it shows."""

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
    """What the published ports lead to."""

    project: Project

    def port(self, number: int) -> int:
        """Tell where *number* is published now."""
        return self.project.port(number)

    @cached_property
    def certificate(self) -> str:
        """What `stack init` made and clients are shown, in PEM."""
        # On a busy machine the engine has lost what a command says that ends at once.
        show = ("postfix", "cat", f"/tls/{HOSTNAME}.pem")
        chain = wait_until(lambda: self.project.inside(*show), "a certificate").decode()
        return chain[chain.index("-----BEGIN CERTIFICATE-----") :]

    @cached_property
    def trust(self) -> Trust:
        """Belief in that certificate, and in no other."""
        return Trust.only(self.certificate, HOSTNAME)

    def connect(self, number: int, tls: ssl.SSLContext) -> Smtp | Imap:
        """
        Talk to a published port, encrypted in the way of that port.

        Raises:
            ssl.SSLError: When client and server have nothing in common.
        """
        protocol = Imap if number in IMAP_PORTS else Smtp
        if number in TLS_FROM_THE_START:
            return protocol(ADDRESS, self.port(number), tls)
        session = protocol(ADDRESS, self.port(number))
        try:
            if isinstance(session, Smtp):
                session.ehlo()
            session.start_tls(tls)
        except BaseException:
            session.socket.close()
            raise
        return session
