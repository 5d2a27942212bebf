"""TLS settings of a test client that trusts one certificate for one name."""

import ssl
from typing import Any


class Trust(ssl.SSLContext):
    """
    A client's TLS settings that take a certificate only for *host name*.

    The server is reached by address and port, as Docker published them, so the
    name to check can't come from the address that was dialled.
    """

    server_name: str

    @classmethod
    def only(cls, certificate: str, server_name: str) -> "Trust":
        """Trust this PEM *certificate* alone, not even an authority."""
        trust = cls(ssl.PROTOCOL_TLS_CLIENT)
        # The certificate of `stack init` is self-signed, and no authority.
        trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        trust.load_verify_locations(cadata=certificate)
        trust.server_name = server_name
        return trust

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Check the name of the server (smtplib, imaplib, raw sockets)."""
        return super().wrap_socket(*args, **kwargs | self._name)

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Check the name of the server (asyncio)."""
        return super().wrap_bio(*args, **kwargs | self._name)

    @property
    def _name(self) -> dict[str, str]:
        return {"server_hostname": self.server_name}
