"""
An ACME authority that lets one in, and then says that one has asked too often.

It makes accounts for everybody and checks no signature; every other request is
answered as Let's Encrypt answers who is over its rate limits (RFC 8555 §6.6).
"""

import datetime
import email.utils
import json
import secrets
import ssl
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 14000
PATHS = ("new-nonce", "new-account", "new-order", "revoke-cert", "key-change")
WAIT = datetime.timedelta(hours=6)
DETAIL = (
    "too many certificates (5) already issued for this exact set of identifiers in the "
    "last 168h0m0s, retry after {} UTC: see https://letsencrypt.org/docs/rate-limits/"
    "#new-certificates-per-exact-set-of-identifiers"
)


class Answers(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        """Give a nonce."""
        self.answer(HTTPStatus.OK)

    def do_GET(self) -> None:
        """Show the directory, or give a nonce."""
        if self.path == "/dir":
            self.answer(HTTPStatus.OK, {_key(path): self.url(path) for path in PATHS})
        else:
            self.answer(HTTPStatus.NO_CONTENT)

    def do_POST(self) -> None:
        """Make an account, and nothing else."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/new-account":
            account = {"status": "valid", "orders": self.url("orders/1")}
            self.answer(
                HTTPStatus.CREATED, account, {"Location": self.url("account/1")}
            )
            return
        until = datetime.datetime.now(datetime.UTC) + WAIT
        problem = {
            "type": "urn:ietf:params:acme:error:rateLimited",
            "detail": DETAIL.format(until.strftime("%Y-%m-%d %H:%M:%S")),
            "status": HTTPStatus.TOO_MANY_REQUESTS,
        }
        headers = {
            "Content-Type": "application/problem+json",
            "Retry-After": email.utils.format_datetime(until, usegmt=True),
        }
        self.answer(HTTPStatus.TOO_MANY_REQUESTS, problem, headers)

    def answer(
        self,
        status: HTTPStatus,
        content: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send *content* as JSON, with what every answer has."""
        body = json.dumps(content).encode() if content is not None else b""
        every = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Replay-Nonce": secrets.token_urlsafe(),
            "Link": f'<{self.url("dir")}>;rel="index"',
        }
        self.send_response(status)
        for name, value in {**every, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def url(self, path: str) -> str:
        """Say where *path* is, to the client that is being answered."""
        return f"https://{self.headers['Host']}/{path}"


def _key(path: str) -> str:
    """Return the name that *path* has in a directory: newNonce, for one."""
    first, second = path.split("-")
    return first + second.capitalize()


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1])
with ThreadingHTTPServer(("", PORT), Answers) as server:
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
