"""Starts the milter on a configuration: `python3 -m mail_auth [--check] FILE`."""

import os
import signal
import sys
import threading
from pathlib import Path

from milter_runtime.library_parts import LibraryError

from mail_auth.milter import log
from mail_auth.service import library_parts

# dkimpy_milter keeps the functions of syslog that it finds at its import.
log.replace_syslog()

# Before the modules that depend on these parts are imported: that may fail.
try:
    library_parts.require_all_parts()
except LibraryError as error:
    sys.exit(str(error))

import dkimpy_milter  # noqa: E402
import Milter  # noqa: E402
from milter_runtime.config_file import ConfigError  # noqa: E402
from milter_runtime.listener import listener  # noqa: E402

from mail_auth.dkim import dkimpy_patches  # noqa: E402
from mail_auth.service import config_in_use  # noqa: E402
from mail_auth.service.configuration import Conf, load  # noqa: E402
from mail_auth.signing.signer import Signer  # noqa: E402
from mail_auth.verifying.verifier import Verifier  # noqa: E402

# Seconds that Postfix may take between two commands of a session.
_SESSION_TIMEOUT = 7210


def main(arguments: list[str]) -> None:
    """Check or run the configuration whose path is the last of *arguments*."""
    path = Path(arguments[-1])
    at = path.resolve()
    try:
        conf = load(at)
    except ConfigError as error:
        sys.exit(str(error))
    if "--check" not in arguments:
        run(path, at, conf)


def run(path: Path, at: Path, conf: Conf) -> None:
    """Serve Postfix with *conf*, read from *at*; reload when *path* leads elsewhere."""
    dkimpy_patches.apply()
    log.name_after(str(conf["Mode"]))
    dkimpy_milter.milterconfig = conf
    Milter.factory = Signer if conf["Mode"] == "s" else Verifier
    Milter.set_flags(Milter.ADDHDRS + Milter.CHGHDRS)
    # libmilter waits for the first three in a thread of its own, the thread below for
    # SIGUSR1. A signal that any other thread did not block would kill the process.
    signal.pthread_sigmask(
        signal.SIG_BLOCK,
        [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1],
    )
    config_in_use.record(at)
    threading.Thread(target=follow, args=[path, at], daemon=True).start()
    log.line(f"listening on {conf['Socket']}")
    listening = listener(str(conf["Socket"]))
    Milter.runmilter("dkimpy-milter", f"fd:{listening.fileno()}", _SESSION_TIMEOUT)


def follow(path: Path, at: Path) -> None:
    """
    Load *path* anew, within a second, whenever it leads elsewhere than *at*.

    On SIGUSR1 stop at once (on SIGTERM, libmilter notices after up to five seconds).
    Postfix then holds back what was under way, as for any filter that is gone.

    An open connection keeps the configuration that it began with: none is dropped.
    """
    while True:
        if signal.sigtimedwait([signal.SIGUSR1], 1):
            log.line("stopped")
            os._exit(0)
        if (current := path.resolve()) == at:
            continue
        try:
            dkimpy_milter.milterconfig = load(current)
        except Exception as error:
            # hooks/check has accepted it, so a file that it needs has disappeared:
            # try again. If a newer one is in place, the whole folder is gone.
            if path.resolve() != current:
                continue
            log.line(f"not reloaded: {error}", "error")
            continue
        at = current
        config_in_use.record(at)
        log.line("reloaded")


main(sys.argv[1:])
