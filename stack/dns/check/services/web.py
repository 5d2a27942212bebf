"""Checks what others fetch from the names of the service web."""

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.lookup.asker import Asker
from stack.services.web import mta_sts, sites
from stack.services.web.fetch import FetchError, Page

AUTOCONFIG_PATH = "/mail/config-v1.1.xml"
IS_FETCHED = "the name leads to this server, and its page is fetched"


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """An alias or an address is right if it leads to our page."""
    is_policy = subject.name == f"{sites.POLICY}.{subject.domain}"
    found = asker.ask(subject.name, "A")
    if not found.records:
        words = "publish it"
        if is_policy:
            return subject.missing(f"senders don't find the policy: {words}")
        return subject.warning(found, f"mail programs find no settings: {words}")
    path = mta_sts.PATH if is_policy else AUTOCONFIG_PATH
    try:
        page = facts.fetch(subject.name, path, found.texts)
        problem = _policy(page, facts) if is_policy else _autoconfig(page, facts)
    except FetchError as error:
        problem = str(error)
    if not problem:
        return subject.ok(found, IS_FETCHED)
    remark = (
        f"https://{subject.name}{path}: {problem}: see that the name leads to this"
        " server, that `stack cert issue --web` has got its certificate, and what"
        " answers on port 443"
    )
    # Mail programs have other ways.
    return subject.wrong(found, remark) if is_policy else subject.warning(found, remark)


def _policy(page: Page, facts: Facts) -> str:
    """Return why senders would not take *page* for our policy (RFC 8461 §3.3)."""
    if page.status != 200:
        return f"is answered with status {page.status}"
    if page.media_type != "text/plain":
        return f"is {page.media_type or 'of no type'} instead of text/plain"
    if page.text != facts.policy:
        return "is another policy than the one that this server has rendered"
    return ""


def _autoconfig(page: Page, facts: Facts) -> str:
    if page.status != 200:
        return f"is answered with status {page.status}"
    if f"<hostname>{facts.hostname}</hostname>" not in page.text:
        return f"doesn't name {facts.hostname}"
    return ""


WEB = Kind("web", "CNAME", check)
