"""
A web server with MTA-STS policies, one for each name of a host that is asked for.

/policies/HOST.json says what is answered: `status`, `headers`, `body`, `repeat` (how
often the body is sent), `pause` (seconds before the answer). Without it there is none.
"""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import sni

PATH = "/.well-known/mta-sts.txt"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    def do_GET(self) -> None:
        """Answer as the file of this host says."""
        host = self.headers.get("Host", "").lower()
        file = Path("/policies") / f"{Path(host).name}.json"
        if self.path != PATH or not file.exists():
            self.send_error(404)
            return
        answer = json.loads(file.read_text())
        time.sleep(answer["pause"])
        body = bytes.fromhex(answer["body"])
        self.send_response(answer["status"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.end_headers()
        for _ in range(answer["repeat"]):
            self.wfile.write(body)


with ThreadingHTTPServer(("", 443), Handler) as server:
    server.socket = sni.context(Path("/certificates")).wrap_socket(
        server.socket, server_side=True
    )
    server.serve_forever()
