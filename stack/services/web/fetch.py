"""Fetches a page as the clients of the service web do."""

import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TIMEOUT = 4.0  # seconds, for each step
LARGEST = 65_536  # bytes: RFC 8461 §3.3 has senders refuse more


class FetchError(Exception):
    """A page can't be fetched; the text says why."""


@dataclass(frozen=True)
class Page:
    """The answer to a GET."""

    status: int
    media_type: str
    """Without its parameters, in lower case."""
    text: str


# Fetches the path from the host at one of the addresses.
Fetch = Callable[[str, str, Sequence[str]], Page]


class _Connection(http.client.HTTPSConnection):
    """A connection to *host*, at an address that is known already."""

    def __init__(self, host: str, place: tuple[str, int], client: ssl.SSLContext):
        super().__init__(host, timeout=TIMEOUT)
        self._place, self._client = place, client

    def connect(self) -> None:
        plain = socket.create_connection(self._place, TIMEOUT)
        self.sock = self._client.wrap_socket(plain, server_hostname=self.host)


def fetch(
    client: ssl.SSLContext, host: str, path: str, addresses: Sequence[str], port: int
) -> Page:
    """
    Fetch *path* of *host* from the first of *addresses* that answers.

    A redirect is not followed: a policy must not have one (RFC 8461 §3.3).

    Args:
        client: Says which authorities are believed.
        host: The name that the certificate must be for.
        path: From its first / on.
        addresses: Where the name leads to.
        port: 443, but for tests.

    Raises:
        FetchError: When no address answers, or not as a page.
    """
    reason = "it has no address"
    for address in addresses:
        connection = _Connection(host, (address, port), client)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read(LARGEST + 1)
        except ssl.SSLCertVerificationError as error:
            raise FetchError(
                f"its certificate is not accepted ({error.verify_message})"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            reason = f"{address} does not answer ({_words(error)})"
            continue
        finally:
            connection.close()
        if len(text) > LARGEST:
            raise FetchError(f"the page has more than {LARGEST} bytes")
        kind = answer.getheader("Content-Type", "").partition(";")[0]
        return Page(
            answer.status, kind.strip().lower(), text.decode("utf-8", "replace")
        )
    raise FetchError(reason)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "in time"
    return str(getattr(error, "strerror", None) or error).partition(" (_ssl")[0]
