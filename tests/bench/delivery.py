"""
Measures what a delivery costs: from LHLO to Dovecot's answer, a connection each.

Run by `make bench`, on a copy of the project that is removed afterwards. What is
compared is measured in the same run, in turns, on the same messages.
"""

import statistics
import sys
from contextlib import nullcontext
from itertools import count

from docker.models.containers import Container

from tests.bench.figures import bench_project
from tests.bench.letters import LETTERS
from tests.bench.measures.cpu import container_cpu_seconds
from tests.support.configuration.templates import await_applied, changed
from tests.support.mail.lmtp import lmtp_client
from tests.support.server.accounts import open_account
from tests.support.server.project import Project
from tests.support.server.server import DOMAIN, Server

ROUNDS = 3
MESSAGES = 300
SIZES = ("1 kB", "8 kB")

# What the rows are compared with: a process that starts for each message.
ONE_EACH = """
service lmtp {
  restart_request_count = 1
  process_min_avail = 0
}
"""
WAYS = {"a process for each message": ONE_EACH, "as it is": ""}

# As Postfix does it while there is no backlog: a connection for each message.
SCRIPT = """
import smtplib, sys
to, count = sys.argv[1], int(sys.argv[2])
message = sys.argv[3].encode()
for _ in range(count):
    with smtplib.LMTP("/run/sockets/lmtp") as session:
        session.sendmail("carol@outside.test", [to], message)
"""


def milliseconds_each(
    dovecot: Container, lmtp: Container, to: str, message: bytes, times: int
) -> float:
    """Have *message* delivered so often; return the container's CPU time for one."""
    before = container_cpu_seconds(dovecot)
    command = ["python3", "-c", SCRIPT, to, str(times), message.decode()]
    code, said = lmtp.exec_run(command)
    assert code == 0, said.decode()
    return 1000 * (container_cpu_seconds(dovecot) - before) / times


def measure(project: Project, lmtp: Container) -> dict[tuple[str, str], float]:
    """Return the CPU time of a delivery in ms, by size and way: medians of rounds."""
    server, users = Server(project), count()
    found: dict[tuple[str, str], list[float]] = {}
    for turn in range(ROUNDS):
        for way, addition in WAYS.items():
            print(f"round {turn + 1} of {ROUNDS}: {way}", file=sys.stderr)
            change = changed(project, "dovecot/dovecot.conf.j2", addition)
            with change if addition else nullcontext():
                await_applied(project, "dovecot")
                dovecot = project.container("dovecot")
                for size in SIZES:
                    # A new one each time: a full mailbox costs more.
                    user = open_account(server, f"user{next(users)}@{DOMAIN}").address
                    letter = LETTERS[size]
                    milliseconds_each(dovecot, lmtp, user, letter, MESSAGES // 10)
                    took = milliseconds_each(dovecot, lmtp, user, letter, MESSAGES)
                    found.setdefault((size, way), []).append(took)
            await_applied(project, "dovecot")
    return {key: statistics.median(each) for key, each in found.items()}


def main() -> None:
    """Print a row for each size."""
    first, second = WAYS
    with bench_project() as project:
        project.compose("up", "--build", "--detach", "--wait", "dovecot")
        with lmtp_client(project) as lmtp:
            found = measure(project, lmtp)
    print(f"CPU time of a delivery, ms\n{'':<6}{first:>28}{second:>12}{'ratio':>8}")
    for size in SIZES:
        before, after = found[size, first], found[size, second]
        print(f"{size:<6}{before:>28.1f}{after:>12.1f}{after / before:>8.2f}")


if __name__ == "__main__":
    main()
