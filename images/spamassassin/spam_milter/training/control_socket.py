"""
The control socket: others train and query spamd through it.

It speaks spamd's protocol, SPAMC/1.5, so that spamc(1) can be used on it:

PING, CHECK, SYMBOLS, REPORT, HEADERS, PROCESS
    go to the spamd in use. Of a message its first scan_limit bytes are looked at.
TELL with `Set: local` and `Message-class: spam` or `ham`, or with `Remove: local`
    is answered once the message is on disk; it is learnt, or forgotten, within a
    second, or as soon as there is a spamd again. `User:` is the address of the
    account that trains; it counts where SPAM_LEARNING is user. `Can-wait: yes` is
    our extension: such a request is refused (75) when half of the room is taken, so
    that requests that can't wait find some.
STATS
    is ours. Its answer has a body in JSON:

    {"learning": "site" or "user",
     "enough": 200,
     "users": {"site": {"nspam": 210, "nham": 350, "ntokens": 81000,
                        "oldest": 1764000000, "newest": 1764090000,
                        "last_expiry": null},
               "alice@example.org": {…}},
     "spool": {"messages": 0, "bytes": 0}}

    enough: messages of each kind until Bayes scores. users: the training for all
    ("site") and, where it counts, for each user who has trained.
    nspam, nham: messages; ntokens: words; oldest, newest: when the least and
    the most recently useful words were of use; last_expiry: when useless ones were last
    thrown away; the three in seconds of the epoch, or null. spool: what waits.
"""

import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from milter_runtime.log import say

from spam_milter import bayes
from spam_milter.config import Config
from spam_milter.spamc.client import NoVerdictError, exchange_with_retries
from spam_milter.spamc.concurrency import ConcurrencyLimit
from spam_milter.spamc.request import BadRequestError, Request, read, reply
from spam_milter.training import training_request
from spam_milter.training.spool import FullError, Spool

SOCKET = Path("/run/spam/control")
FORWARDED = {"CHECK", "SYMBOLS", "REPORT", "HEADERS", "PROCESS"}
MAX_CONNECTIONS = 32
TIMEOUT = 30
"""Seconds that a client may be silent."""
SHARE_IF_WAITING = 0.5
"""The part of the room that requests which can wait may take."""


Accepted = socket.socket | tuple[bytes, socket.socket]
"""What socketserver calls a request; of a server of datagrams it would be the pair."""


class Control:
    """Answers the requests of clients."""

    def __init__(
        self,
        spool: Spool,
        bayes_database: bayes.Bayes,
        spamd: str,
        config: Callable[[], Config],
        concurrency: ConcurrencyLimit,
    ) -> None:
        self.spool, self.bayes_database = spool, bayes_database
        self.spamd, self.config, self.concurrency = spamd, config, concurrency

    def answer(self, request: Request) -> bytes:
        """Return the answer to *request*, whatever happens."""
        try:
            if request.command == "TELL":
                return self.tell(request)
            if request.command == "STATS":
                return self.stats()
            # It occupies no child, so it waits for none.
            if request.command == "PING":
                return self.forward(request)
            if request.command in FORWARDED:
                with self.concurrency.slot(self.config().queue_timeout):
                    return self.forward(request)
        except BadRequestError as error:
            return reply(f"76 Bad request: {error}")
        except NoVerdictError as error:
            return reply(f"75 EX_TEMPFAIL {error}")
        except FullError as error:
            if not training_request.can_wait(request):
                say(
                    f"refused to learn {training_request.description(request)}: {error}"
                )
            return reply(f"75 EX_TEMPFAIL {error}")
        except OSError as error:
            say(f"refused to learn {training_request.description(request)}: {error}")
            return reply(f"74 EX_IOERR {error}")
        return reply(f"76 Bad request: {request.command} is not a command")

    def tell(self, request: Request) -> bytes:
        """Keep the training request."""
        training_request.check(request)
        part = SHARE_IF_WAITING if training_request.can_wait(request) else 1
        self.spool.put(request.as_bytes(), part)
        return reply("0 EX_OK", training_request.reply_header(request))

    def stats(self) -> bytes:
        """Report the training and the spool."""
        told = {
            "learning": self.config().learning,
            "enough": bayes.MIN_TRAINED,
            "users": self.bayes_database.stats(),
            "spool": asdict(self.spool.backlog()),
        }
        return reply("0 EX_OK", body=json.dumps(told).encode())

    def forward(self, request: Request) -> bytes:
        """Pass the request to the spamd in use, or to the one that replaces it."""
        user = self.bayes_database.judge(training_request.user(request))
        headers = {**request.headers, "user": user}
        timeout = self.config().answer_timeout
        return exchange_with_retries(
            self.spamd, request.command, [request.message], timeout, headers
        )


class Handler(socketserver.StreamRequestHandler):
    """One connection with one request."""

    timeout = TIMEOUT
    server: "Server"

    def handle(self) -> None:
        control = self.server.control
        # A client that hangs up, or is too slow, hears nothing more.
        with contextlib.suppress(OSError):
            try:
                request = read(self.rfile, control.config().scan_limit)
            except BadRequestError as error:
                self.wfile.write(reply(f"76 Bad request: {error}"))
            else:
                self.wfile.write(control.answer(request))


class Server(socketserver.ThreadingUnixStreamServer):
    """Serves *control* on the socket *path* to all who can reach its folder."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path, control: Control) -> None:
        self.control = control
        self.places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        path.unlink(missing_ok=True)
        super().__init__(str(path), Handler)
        # The volume is mounted only where it is needed, and the clients there have
        # other user ids.
        path.chmod(0o666)

    def process_request(self, request: Accepted, client_address: object) -> None:
        """Let the next client wait until another has been served."""
        self.places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Accepted, client_address: object) -> None:
        """Serve one client."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()
