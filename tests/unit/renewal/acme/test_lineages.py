"""Lineages are read from certbot's folders, also after a kill."""

import pytest

from stack.renewal.acme import lineages
from tests.support.certs.authority import HOST
from tests.support.renewal.certbot_lab import (
    ELSEWHERE,
    URL,
    bundle,
    certificate,
    keep,
    pem,
)

ONE, TWO = certificate(), certificate()


@pytest.fixture
def archive(project):
    """The archive of the lineage, with the versions 1 and 2."""
    keep(project, HOST, 1, ONE)
    keep(project, HOST, 2, TWO)
    return project.acme / "certbot" / "archive" / HOST


def latest(project) -> str:
    """Return the newest complete certificate, as it is to be served."""
    found = lineages.latest(project.acme, HOST)
    assert found
    return found.pem


def test_latest_is_the_highest_version(project, archive):
    """With its key and its chain, as it is to be served."""
    assert latest(project) == pem(TWO)


def test_versions_are_compared_as_numbers(project, archive):
    """After the ninth comes the tenth."""
    newest = certificate()
    keep(project, HOST, 10, newest)
    keep(project, HOST, 9, certificate())

    assert latest(project) == pem(newest)


@pytest.mark.parametrize(
    "missing",
    ["fullchain2.pem", "fullchain2.pem chain2.pem cert2.pem", "privkey2.pem"],
)
def test_incomplete_version_is_skipped(project, archive, missing):
    """
    certbot writes the key first. If it is killed then, the version before is the
    latest.
    """
    for name in missing.split():
        (archive / name).unlink()

    assert latest(project) == pem(ONE)


@pytest.mark.parametrize("part", ["privkey2.pem", "fullchain2.pem"])
@pytest.mark.parametrize("text", [b"", b"-----BEGIN", b"\xff\0"])
def test_truncated_file_is_skipped(project, archive, part, text):
    """So are empty files, and garbage after a power failure."""
    (archive / part).write_bytes(text)

    assert latest(project) == pem(ONE)


def test_version_with_a_foreign_key_is_skipped(project, archive):
    """No daemon would start with it."""
    (archive / "privkey2.pem").write_text(ONE.key_pem)

    assert latest(project) == pem(ONE)


def test_version_without_a_certificate_is_skipped(project, archive):
    """A key alone is no certificate."""
    (archive / "fullchain2.pem").write_text("\n")

    assert latest(project) == pem(ONE)


def test_links_in_live_are_ignored(project, archive):
    """A kill can leave them between two renewals."""
    live = project.acme / "certbot" / "live" / HOST
    live.mkdir(parents=True)
    (live / "fullchain.pem").symlink_to(archive / "fullchain1.pem")

    assert latest(project) == pem(TWO)


def test_no_lineage_no_certificate(project):
    """Before certbot ran, and for other names."""
    assert lineages.latest(project.acme, HOST) is None
    assert lineages.authority(project.acme, HOST) is None
    assert lineages.certificate_file(project.acme, HOST, "ab" * 32) is None
    assert not lineages.has_account(project.acme, URL)


def put_away(project) -> list[str]:
    """Return the parts of lineages that were put away, by their kind."""
    return [each.name for each in (project.acme / "certbot").glob("broken/*/*")]


def test_lineage_without_renewal_configuration_is_set_aside(project, archive):
    """certbot would refuse to store the next certificate, or use another name."""
    renewal = project.acme / "certbot" / "renewal" / f"{HOST}.conf"

    lineages.set_aside_if_broken(project.acme, HOST)
    assert (latest(project), put_away(project)) == (pem(TWO), [])

    renewal.unlink()
    lineages.set_aside_if_broken(project.acme, HOST)

    assert put_away(project) == ["archive"]
    assert lineages.latest(project.acme, HOST) is None
    lineages.set_aside_if_broken(project.acme, HOST)
    assert put_away(project) == ["archive"]


def test_certificate_file_is_found_in_any_version(project, archive):
    """Also one that is not the newest, to be revoked."""
    found = lineages.certificate_file(project.acme, HOST, bundle(ONE).fingerprint)

    assert found == archive / "cert1.pem"


def test_foreign_certificate_has_no_file(project, archive):
    """A damaged file on the way to it is passed over."""
    (archive / "cert1.pem").write_text("damaged")
    other = bundle(certificate()).fingerprint

    assert lineages.certificate_file(project.acme, HOST, other) is None


def test_authority_is_that_of_the_last_renewal(project, archive):
    """certbot's renewal configuration names it."""
    keep(project, HOST, 3, certificate(), ELSEWHERE)

    assert lineages.authority(project.acme, HOST) == ELSEWHERE


@pytest.mark.parametrize(
    ("file", "known"), [("regr.json", True), ("private_key.json", False), ("", False)]
)
def test_account_exists_once_it_is_registered(project, file, known):
    """certbot makes the folder before the registration succeeds."""
    account = project.acme / "certbot/accounts/acme.ca.test:14000/dir/ab12"
    account.mkdir(parents=True)
    if file:
        (account / file).write_text("{}")

    assert lineages.has_account(project.acme, URL) is known
    assert not lineages.has_account(project.acme, ELSEWHERE)
