"""One spamd as a child process: how it is started, used and ended."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path
from typing import TextIO

from milter_runtime.log import say
from spam_rules.sets import Sets

from spam_milter.spamc.client import exchange

RUN = Path("/run/spamd")
SOCKET = RUN / "current"
"""Leads to the socket of the spamd in use: replaced in one step, like RULES."""
RULES = RUN / "rules"
"""Leads to the configuration that the spamd in use has read."""
SET = RUN / "set"
"""Leads to the rules of the spamd started last; /var/lib/spamassassin leads here."""


def command(rules: Path, socket: Path, children: int) -> list[str]:
    """Return the argv of a spamd. See spamd(8p)."""
    return [
        "/usr/sbin/spamd",
        f"--siteconfigpath={rules}",
        f"--socketpath={socket}",
        "--socketmode=0600",
        # Always the full number, and each child accepts by itself: spamd's dynamic
        # scaling left one core idle.
        f"--max-children={children}",
        f"--min-children={children}",
        "--round-robin",
        # All users have the same rules: no preferences of users, no home.
        "--nouser-config",
        # Otherwise spamd looks for a system user of the name in User:, finds none, and
        # ignores User:.
        "--username=debian-spamd",
        "--allow-tell",
        "--helper-home-dir=/tmp",
        "--syslog=stderr",
        "--log-timestamp-fmt=",
    ]


class Spamd:
    """One running spamd with the rules of one folder."""

    def __init__(self, rules: Path, children: int, verbose: bool) -> None:
        self.rules = rules
        self.children = children
        self.started = time.monotonic()
        RUN.mkdir(mode=0o700, exist_ok=True)
        self.socket = RUN / f"{time.monotonic_ns()}.sock"
        self.set = Sets().of(rules)
        replace_link(SET, self.set)
        argv = command(rules, self.socket, children)
        reader, writer = os.pipe()
        outputs = [(os.POSIX_SPAWN_DUP2, writer, fd) for fd in (1, 2)]
        self.pid = os.posix_spawn(
            argv[0], argv, os.environ, file_actions=outputs, setpgroup=0
        )
        os.close(writer)
        lines = os.fdopen(reader, errors="replace")
        threading.Thread(target=relay, args=(lines, verbose), daemon=True).start()

    def answers(self) -> bool:
        """Tell whether it is ready to scan."""
        return self.socket.exists() and answers(self.socket, 1)

    def use(self) -> None:
        """Send all messages from now on to this spamd."""
        replace_link(SOCKET, self.socket)
        replace_link(RULES, self.rules)
        replace_link(SET, self.set)

    def end(self) -> None:
        """End it and its children. Waiting clients then ask the spamd in use."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill it and its children, whatever they are doing."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def replace_link(link: Path, target: Path) -> None:
    """Have *link* lead to *target*, atomically."""
    new = link.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)


def answers(socket: Path, seconds: float) -> bool:
    """Tell whether a spamd on *socket* answers a PING within *seconds*."""
    try:
        reply = exchange(str(socket), "PING", [], time.monotonic() + seconds)
    except OSError:
        return False
    return b"PONG" in reply


def relay(lines: TextIO, verbose: bool) -> None:
    """Pass on what spamd logs; its several lines on each message only if *verbose*."""
    for line in lines:
        # "[pid] level: text". There is no option that leaves the level info out.
        if verbose or "] info: " not in line:
            say(f"spamd: {line.rstrip()}")
