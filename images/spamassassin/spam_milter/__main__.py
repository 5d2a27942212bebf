"""The container's first process: keeps spamd running, and the milter in front of it."""

import os
import signal
import sys
import threading

from milter_runtime.library_parts import LibraryError, insist
from milter_runtime.log import say
from milter_runtime.pymilter_parts import PYMILTER

from spam_milter import bayes
from spam_milter.bayes import Bayes
from spam_milter.milter.milter import HOST, PORT, SpamMilter, serve
from spam_milter.supervisor.signals import Signals
from spam_milter.supervisor.spamd import SOCKET
from spam_milter.supervisor.supervisor import Keeper, NoSpamdError
from spam_milter.training import control_socket, learner, spool
from spam_milter.training.spool import Spool


def milter() -> None:
    """Serve Postfix. Without the milter there is no point in going on."""
    try:
        serve(f"inet:{PORT}@{HOST}")
    except Exception as error:
        say(f"milter: {error}")
    os._exit(1)


def teach(keeper: Keeper, waiting: Spool, knowledge: Bayes) -> None:
    """Take lessons, which can wait for spamd, and give them to it."""
    # They take children of spamd as messages do.
    slots = SpamMilter.slots
    parts = (waiting, knowledge, str(SOCKET), lambda: keeper.settings, slots)
    teacher = control_socket.Server(
        control_socket.SOCKET, control_socket.Control(*parts)
    )
    for work in (teacher.serve_forever, learner.Learner(*parts).run):
        threading.Thread(target=work, daemon=True).start()


def main() -> int:
    """Run until told to stop, or until spamd is gone. Return the exit status."""
    signals = Signals()
    keeper = Keeper()
    serving = False
    waiting, knowledge = Spool(spool.FOLDER), Bayes(bayes.DATABASE)
    try:
        insist(PYMILTER)
        # spamd looks into the database as soon as it has read its rules.
        learner.prepare(waiting, knowledge)
        SpamMilter.knowledge = knowledge
        keeper.renew()
        teach(keeper, waiting, knowledge)
        while True:
            came = signals.wait(seconds=0.1 if keeper.unsettled else None)
            if came & {signal.SIGTERM, signal.SIGINT}:
                return 0
            if signal.SIGUSR1 in came:
                keeper.follow()
            if signal.SIGUSR2 in came:
                keeper.replace()
            keeper.bury()
            keeper.advance()
            keeper.kill_the_hanging()
            if keeper.used and not serving:
                serving = True
                threading.Thread(target=milter, daemon=True).start()
    except (LibraryError, NoSpamdError) as error:
        say(str(error))
        return 1
    finally:
        keeper.end()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # libmilter's threads would have to be waited for.
    os._exit(status)
