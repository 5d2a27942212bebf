"""Makes the reports on what is over, and sends them."""

import fcntl
import gzip
import sqlite3
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from mail_auth.dns.resolver import Resolver, UnansweredError

from report_sender.configuration import Configuration
from report_sender.counting.period import Period
from report_sender.counting.results import Group
from report_sender.counting.store import Recipient, Report, Store
from report_sender.delivery import destinations, letter
from report_sender.delivery.submission import RefusedError, submit
from report_sender.dmarc import report as dmarc_report
from report_sender.service.log import say
from report_sender.tls import report as tls_report

_WRITTEN = {"dmarc": dmarc_report.written, "tls": tls_report.written}

# Seconds for all that is looked up for one recipient.
_DNS_TIMEOUT = 20.0
# Seconds until a recipient is tried again, and how often one is.
_PAUSE = 3_600
_MOST_TRIES = 24


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process sends, and keep it so."""
    with (folder / "sending").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def close(store: Store, ours: Configuration, until: int) -> None:
    """Make the reports on all that was counted before *until*, seconds since 1970."""
    for kind in _WRITTEN.keys() - ours.kinds:
        store.forget(kind)
    for kind in ours.kinds:
        for day, group in store.open_groups(kind, until):
            _close(store, day, group, until, ours)
        store.closed(kind, until)


def _close(
    store: Store, day: int, group: Group, until: int, ours: Configuration
) -> None:
    make = partial(_made, ours=ours)
    try:
        store.close(day, group, until, make, destinations.uris(group))
    except sqlite3.Error:
        raise
    except Exception:
        # One domain's rows must not keep the others from their reports.
        say(f"no {group.kind} report on {group.domain}: {_fault()}")
        store.drop(day, group)


def send(
    store: Store,
    ours: Configuration,
    new_resolver: Callable[[], Resolver] = lambda: Resolver(_DNS_TIMEOUT),
    submitting: Callable[[EmailMessage, str], None] = submit,
) -> bool:
    """
    Send what is due: each report to each of its recipients.

    Returns:
        Whether Postfix takes them. While it does not, everything stays due.
    """
    for recipient in store.due(int(time.time())):
        try:
            report = store.report(recipient.report)
            _send(report, recipient.uri, ours, new_resolver(), submitting)
        except UnansweredError as error:
            _put_off(store, recipient, str(error))
            continue
        except RefusedError as error:
            say(f"not sent to {recipient.uri}: {error}")
        except OSError as error:
            say(f"reports wait, Postfix does not take them now: {error}")
            return False
        except sqlite3.Error:
            raise
        except Exception:
            # One report must not keep the others back.
            _put_off(store, recipient, _fault())
            continue
        store.done(recipient)
    return True


def _send(
    report: Report,
    uri: str,
    ours: Configuration,
    resolver: Resolver,
    submitting: Callable[[EmailMessage, str], None],
) -> None:
    what = f"{report.kind} report {report.id} on {report.domain}"
    found = destinations.allowed(report.kind, report.domain, uri, resolver)
    if not found:
        say(f"{what} not sent to {uri}: it is no address that wants it")
    for each in found:
        if each.most is not None and len(report.packed) > each.most:
            say(f"{what} not sent to {each}: it takes {each.most} octets at most")
            continue
        submitting(letter.written(report, str(each), ours), str(each))
        say(f"{what} sent to {each}")


def _fault() -> str:
    return traceback.format_exc().strip()


def _put_off(store: Store, recipient: Recipient, why: str) -> None:
    if recipient.tries + 1 < _MOST_TRIES:
        store.put_off(recipient, int(time.time()) + _PAUSE)
        return
    say(f"report {recipient.report} not sent to {recipient.uri}: {why}")
    store.done(recipient)


def _made(
    group: Group, rows: Iterable[tuple[str, int]], period: Period, ours: Configuration
) -> Report:
    report_id = uuid.uuid4().hex
    text = _WRITTEN[group.kind](group, rows, period, report_id, ours)
    packed = gzip.compress(text, mtime=0)
    return Report(report_id, group.kind, group.domain, period, int(time.time()), packed)
