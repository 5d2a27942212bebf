"""The pages of the service web, as others fetch them."""

from dataclasses import replace

import pytest

from stack.dns import records
from stack.dns.check.finding import Status
from stack.dns.check.services.web import WEB
from stack.dns.records import WebFacts
from stack.services.web.fetch import FetchError, Page
from stack.services.web.sites import KINDS, Site
from tests.unit.dns.check.conftest import FACTS, KEYS, SETTINGS, Blocks

POLICY = "version: STSv1\nmode: testing\nmx: mail.example.org\nmax_age: 86400\n"
HOST, SETTINGS_HOST = "mta-sts.a.example", "autoconfig.a.example"
XML = "<x><hostname>mail.example.org</hostname></x>"

RIGHT = Page(200, "text/plain", POLICY)


@pytest.fixture
def blocks() -> Blocks:
    """The records to publish, with those of the service web."""
    sites = tuple(Site(kind, domain) for domain in KEYS for kind in KINDS)
    return records.records(SETTINGS, KEYS, web=WebFacts(sites, POLICY))


def known(answer: Page | str):
    """Return the facts of a server whose pages are *answer*, or fail with its words."""
    asked = []

    def fetch(host, path, addresses) -> Page:
        asked.append((host, path, list(addresses)))
        if isinstance(answer, str):
            raise FetchError(answer)
        return answer

    return replace(FACTS, policy=POLICY, fetch=fetch), asked


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (RIGHT, Status.OK, "is fetched"),
        (replace(RIGHT, status=404), Status.WRONG, "status 404"),
        (replace(RIGHT, status=301), Status.WRONG, "status 301"),
        (replace(RIGHT, media_type="text/html"), Status.WRONG, "is text/html instead"),
        (replace(RIGHT, media_type=""), Status.WRONG, "is of no type instead"),
        (replace(RIGHT, text=POLICY + "\n"), Status.WRONG, "another policy"),
        ("its certificate is not accepted (x)", Status.WRONG, "not accepted"),
    ],
)
def test_the_policy_must_be_ours(net, finding, answer, status, words):
    """It is fetched where the name leads to."""
    facts, asked = known(answer)

    found = finding(WEB.name, HOST, facts)

    assert (found.status, words in found.remark) == (status, True), found.remark
    assert asked == [(HOST, "/.well-known/mta-sts.txt", ["192.0.2.1"])]


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (Page(200, "text/xml", XML), Status.OK, "is fetched"),
        (Page(200, "text/html", "<p>Shop"), Status.WARNING, "name mail.example.org"),
        (Page(404, "text/html", ""), Status.WARNING, "status 404"),
        ("192.0.2.1 does not answer", Status.WARNING, "does not answer"),
    ],
)
def test_settings_that_are_not_served_are_a_warning(
    net, finding, answer, status, words
):
    """Mail programs have other ways, and mail goes on."""
    facts, _ = known(answer)

    found = finding(WEB.name, SETTINGS_HOST, facts)

    assert (found.status, words in found.remark) == (status, True), found.remark


@pytest.mark.parametrize(
    ("host", "status"), [(HOST, Status.MISSING), (SETTINGS_HOST, Status.WARNING)]
)
def test_a_name_that_leads_nowhere_is_missing(net, finding, host, status):
    """An address in place of the alias is right."""
    facts, _ = known(replace(RIGHT, text=POLICY))
    net.set(host, "CNAME")
    gone = finding(WEB.name, host, facts)
    net.set(host, "A", "192.0.2.1")
    there = finding(WEB.name, HOST, facts) if host == HOST else None

    assert (gone.status, "publish it" in gone.remark) == (status, True)
    assert there is None or there.status is Status.OK
