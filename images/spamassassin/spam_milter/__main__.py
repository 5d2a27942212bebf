"""The container's first process: keeps spamd running, and the milter in front of it."""

import os
import signal
import sys
import threading

from milter_common.log import say

from .keeper import Keeper, NoSpamdError
from .milter import serve
from .signals import Signals

LISTEN = "inet:8893@0.0.0.0"


def milter() -> None:
    """Serve Postfix. Without the milter there is no point in going on."""
    try:
        serve(LISTEN)
    except Exception as error:
        say(f"milter: {error}")
    os._exit(1)


def main() -> int:
    """Run until told to stop, or until spamd is gone. Return the exit status."""
    signals = Signals()
    keeper = Keeper()
    serving = False
    try:
        keeper.renew()
        while True:
            came = signals.wait(seconds=0.1 if keeper.unsettled else None)
            if came & {signal.SIGTERM, signal.SIGINT}:
                return 0
            if signal.SIGUSR1 in came:
                keeper.renew()
            if signal.SIGUSR2 in came:
                keeper.replace()
            keeper.bury()
            keeper.advance()
            keeper.kill_the_hanging()
            if keeper.used and not serving:
                serving = True
                threading.Thread(target=milter, daemon=True).start()
    except NoSpamdError as error:
        say(str(error))
        return 1
    finally:
        keeper.end()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # libmilter's threads would have to be waited for.
    os._exit(status)
