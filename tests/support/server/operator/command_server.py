"""
Runs commands in the operator's container, each in a process of its own.

`python3 command_server.py SOCKET`. A client sends the words of a command as JSON, with
its stdin, stdout and stderr, and gets the exit code. To load what `stack` needs takes
longer than most of its commands do: that is loaded once, and each command is a fork of
the process that has it. Any other command is executed.
"""

import gc
import json
import os
import signal
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

# What commands import when they are called, and all that it imports in turn.
PRELOADED = (
    *("alembic.command", "argon2", "concurrent.futures.thread", "dns.resolver"),
    *("stack.cli", "stack.accounts.users", "stack.apply.plan.init"),
    *("stack.dns.records", "stack.renewal.loop.expiry"),
)

LARGEST = 131_072  # octets; execve(2) takes no longer word


def serve(at: Path) -> None:
    """Take commands on the socket *at* until told to end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(at))
        # Who runs the tests need not be root.
        at.chmod(0o666)
        listener.listen()
        while True:
            client, _ = listener.accept()
            with client:
                if not os.fork():
                    answer(client)


def answer(client: socket.socket) -> NoReturn:
    """Run what the *client* wants, and send the exit code as a shell tells it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    words, files, _, _ = socket.recv_fds(client, LARGEST, 3)
    child = os.fork()
    if not child:
        client.close()
        run(json.loads(words), files)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    client.send(str(code if code >= 0 else 128 - code).encode())
    os._exit(0)


def run(command: list[str], files: list[int]) -> NoReturn:
    """Become *command*, with *files* as its stdin, stdout and stderr."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    if command[0] != "stack":
        os.execvp(command[0], command)  # noqa: S606 - as a shell would
    code = 1
    try:
        import_module("stack.cli").main(command[1:], prog_name="stack")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else code
    except BaseException:
        traceback.print_exc()
    # At its end Python would look at all that was loaded, for longer than that took.
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    for name in PRELOADED:
        import_module(name)
    # Pages that no process writes to are shared by all of them.
    gc.freeze()
    # The first process of a container gets no signal that it has not asked for; and
    # whoever has ended is waited for by the kernel.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    serve(Path(sys.argv[1]))
