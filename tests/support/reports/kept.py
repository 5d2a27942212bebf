"""Reports in the database of a project, as the service `reports` keeps them."""

import time

from report_receiver.parsing.report import Failures, Messages, Report, Sessions
from report_receiver.store import Store

from stack.system.project import Project

DAY = 86_400


def keep(project: Project, *reports: Report) -> None:
    """Have *reports* in the database."""
    project.reports.parent.mkdir(parents=True, exist_ok=True)
    store = Store(project.reports)
    for each in reports:
        assert store.add(each, 400)
    store.close()


def refuse(project: Project, *reasons: str) -> None:
    """Have messages refused for these *reasons*."""
    project.reports.parent.mkdir(parents=True, exist_ok=True)
    store = Store(project.reports)
    for each in reasons:
        store.refuse(each)
    store.close()


def dmarc(
    *messages: Messages,
    number: str = "1",
    reporter: str = "big.example",
    domain: str = "example.org",
    days: float = 1,
) -> Report:
    """Return a DMARC report on a day that ended *days* ago."""
    end = int(time.time() - days * DAY)
    names = (reporter, reporter, number, domain)
    return Report("dmarc", *names, end - DAY, end, messages=messages)


def tls(
    *rows: Sessions | Failures, number: str = "1", reporter: str = "big.example"
) -> Report:
    """Return a TLS report on yesterday."""
    end = int(time.time())
    return Report(
        *("tls", reporter, reporter, number, "example.org", end - DAY, end),
        sessions=tuple(each for each in rows if isinstance(each, Sessions)),
        failures=tuple(each for each in rows if isinstance(each, Failures)),
    )


def sent(
    source: str,
    amount: int,
    *,
    dkim: bool = True,
    spf: bool = True,
    disposition: str = "none",
    domain: str = "example.org",
) -> Messages:
    """Return messages from *source*."""
    return Messages(source, domain, disposition, dkim, spf, "", amount)
