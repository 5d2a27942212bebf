"""The container's first process: runs spamd, the milter and the training."""

import os
import signal
import sys
import threading

from milter_runtime.library_parts import LibraryError, require_parts
from milter_runtime.log import say
from milter_runtime.pymilter_parts import PYMILTER

from spam_milter import bayes
from spam_milter.bayes import Bayes
from spam_milter.milter.milter import HOST, PORT, SpamMilter, serve
from spam_milter.supervisor.signals import Signals
from spam_milter.supervisor.spamd import SOCKET
from spam_milter.supervisor.supervisor import NoSpamdError, Supervisor
from spam_milter.training import control_socket, learner, spool
from spam_milter.training.spool import Spool


def milter() -> None:
    """Serve Postfix, and end the container if the milter ends."""
    try:
        serve(f"inet:{PORT}@{HOST}")
    except Exception as error:
        say(f"milter: {error}")
    os._exit(1)


def start_training(
    supervisor: Supervisor, waiting: Spool, bayes_database: Bayes
) -> None:
    """Accept training requests, and pass them to spamd when it is ready."""
    # Training occupies children of spamd, as messages do.
    concurrency = SpamMilter.concurrency
    parts = (
        waiting,
        bayes_database,
        str(SOCKET),
        lambda: supervisor.settings,
        concurrency,
    )
    server = control_socket.Server(
        control_socket.SOCKET, control_socket.Control(*parts)
    )
    for work in (server.serve_forever, learner.Learner(*parts).run):
        threading.Thread(target=work, daemon=True).start()


def main() -> int:
    """Run until a signal ends it, or spamd is gone. Return the exit status."""
    signals = Signals()
    supervisor = Supervisor()
    serving = False
    waiting, bayes_database = Spool(spool.FOLDER), Bayes(bayes.DATABASE)
    try:
        require_parts(PYMILTER)
        # spamd opens the database as soon as it has read its rules.
        learner.prepare(waiting, bayes_database)
        SpamMilter.bayes_database = bayes_database
        supervisor.start_next()
        start_training(supervisor, waiting, bayes_database)
        while True:
            came = signals.wait(seconds=0.1 if supervisor.in_transition else None)
            if came & {signal.SIGTERM, signal.SIGINT}:
                return 0
            if signal.SIGUSR1 in came:
                supervisor.apply_current_config()
            if signal.SIGUSR2 in came:
                supervisor.replace_hanging()
            supervisor.reap_children()
            supervisor.switch_if_ready()
            supervisor.kill_overdue()
            if supervisor.current and not serving:
                serving = True
                threading.Thread(target=milter, daemon=True).start()
    except (LibraryError, NoSpamdError) as error:
        say(str(error))
        return 1
    finally:
        supervisor.end()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # A normal exit would wait for libmilter's threads.
    os._exit(status)
