"""A broken or unsafe file in var/tls is not served, and is named in the health."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from cryptography.hazmat.primitives import hashes

from stack.renewal.deployment import handshake
from stack.system.endpoints import Endpoint
from tests.support.certs.authority import authority, rsa_key, server, signed_badly
from tests.support.certs.imported import (
    LIFE,
    MIDDLE,
    NOW,
    bundle,
    certificate,
    rsa_certificate,
    served,
    write_files,
)
from tests.support.harness.tiers import core_rows
from tests.support.server.project import ADDRESS
from tests.support.server.server import HOSTNAME, PORTS
from tests.support.wait import wait_until

DAY = timedelta(days=1)
OTHER = "mail.second.test"
MAIN, BESIDE = f"{HOSTNAME}.pem", f"{HOSTNAME}.rsa.pem"
SERVICES = ("postfix", "dovecot")

RSA_ROOT = authority("An old root", key=rsa_key(), **LIFE)
WEAK = signed_badly(server(RSA_ROOT, HOSTNAME, **LIFE), RSA_ROOT, hashes.SHA1())  # noqa: S303 - to be refused
GOOD = certificate()
MIXED = GOOD.key_pem + MIDDLE.pem + GOOD.pem

# The text of the file, and words of the container's and of `cert check`'s message.
TEXTS = {
    "empty": ("", "no certificate and private key", "is not a key with its cert"),
    "another key": (
        certificate().key_pem + GOOD.pem + MIDDLE.pem,
        "was not made for this key",
        "is not a key with its cert",
    ),
    "cut off": (served(GOOD)[:-200], "damaged or cut off", ""),
    "in a wrong order": (MIXED, "was not made for this key", "is not a key with"),
    "expired": (
        served(certificate(begin=NOW - 9 * DAY, end=NOW - DAY)),
        "certificate has expired",
        "the certificate ended on",
    ),
    "not valid yet": (
        served(certificate(begin=NOW + DAY)),
        "not yet valid",
        "the certificate begins on",
    ),
    "for another name": (
        served(certificate("www.example.test")),
        f"is not for {HOSTNAME}",
        f"is for www.example.test, not for {HOSTNAME}",
    ),
    "signed with SHA-1": (
        WEAK.key_pem + WEAK.pem + RSA_ROOT.pem,
        "too weak",
        "is signed with SHA-1",
    ),
    "a short key": (
        served(certificate(key=rsa_key(1024))),
        "key too weak",
        "its RSA key has 1024 bits",
    ),
    "without its issuer": (
        GOOD.key_pem + GOOD.pem,
        "the certificate of its issuer is missing",
        "is not what the ports marked above serve",
    ),
}
# A command that replaces the file, and words of the same two messages.
PLACES = {
    "missing": ("rm {file}", "is missing", "is missing"),
    "a folder": ("rm {file}; mkdir {file}", "is a folder", "is no file"),
    "a link": (
        "rm {file}; ln -s /etc/letsencrypt/nothing.pem {file}",
        "is a link to what containers don't see",
        "is a link to /etc/letsencrypt/nothing.pem",
    ),
}

provoked = pytest.mark.provokes("(postfix|dovecot)", "configuration refused")


@pytest.fixture(scope="module")
def kinds(server, certificates) -> dict[str, set[str]]:
    """Install an RSA certificate beside the ECDSA one, and one for another name."""
    project = server.project
    ours, other = write_files(
        project, ours=bundle(certificate()), other=bundle(certificate(OTHER))
    )
    project.stack("cert", "import", ours)
    project.stack("cert", "import", "--name", OTHER, other)
    write_files(project, rsa=served(rsa_certificate()))
    project.as_root(f"install -m 0600 imported/rsa.pem var/tls/{BESIDE}")
    project.stack("init", "--yes")
    for service in SERVICES:
        project.wait_for("healthy", service)
    return seen(certificates)


def seen(certificates) -> dict[str, set[str]]:
    """Return the fingerprints that are served, by the file that they come from."""
    return {
        MAIN: certificates.served_everywhere(kind="ECDSA"),
        BESIDE: certificates.served_everywhere(kind="RSA"),
        f"{OTHER}.pem": certificates.served_everywhere(OTHER),
    }


@contextmanager
def changed(project, file: str, command: str) -> Iterator[None]:
    """Have *command* done to *file* in var/tls, which is put back afterwards."""
    path = f"var/tls/{file}"
    project.as_root(f"cp -p {path} kept.pem; {command.format(file=path)}")
    try:
        yield
    finally:
        project.as_root(f"rm -rf {path}; mv kept.pem {path}")
        for service in SERVICES:
            project.wait_for("healthy", service)


def assert_refused(server, certificates, file: str, words: str, told: str) -> None:
    """Expect *file* to be named by both containers, unhealthy, and by `cert check`."""
    for service in SERVICES:
        complains = partial(reports, server.project, service, f"/tls/{file}: {words}")
        wait_until(complains, f"{service}: {words}")
    checked = server.project.stack("cert", "check", check=False)
    assert checked.returncode == 1
    named = [
        line for line in checked.stderr.splitlines() if f"var/tls/{file}: " in line
    ]
    assert any(told in line for line in named), checked.stderr


def reports(project, service: str, words: str) -> bool:
    """Say whether *service* is unhealthy, with *words* after the file's name."""
    well, said = project.probe(service)
    place, _, what = words.partition(": ")
    return not well and any(
        place in line and what in line for line in said.splitlines()
    )


@provoked
@pytest.mark.parametrize(
    "case", core_rows(TEXTS, "empty", "expired", "for another name")
)
def test_a_certificate_file_that_clients_would_refuse_is_not_used(
    server, certificates, kinds, case
):
    """
    A certificate file that clients would refuse is not used, and the old one is served.

    Both containers name the file and are unhealthy until it is mended; `stack cert
    check` names it, too.
    """
    text, words, told = TEXTS[case]
    write_files(server.project, bad=text)

    with changed(server.project, MAIN, "install -m 0600 imported/bad.pem {file}"):
        assert_refused(server, certificates, MAIN, words, told)
        assert seen(certificates) == kinds


@provoked
@pytest.mark.provokes("postfix", "group or other writable")
@pytest.mark.parametrize("file", core_rows([MAIN, BESIDE, f"{OTHER}.pem"], MAIN))
@pytest.mark.parametrize("case", PLACES)
def test_a_missing_file_a_folder_and_a_dangling_link_are_reported(
    server, certificates, kinds, case, file
):
    """
    A certificate file that is missing, a folder or a dangling link is reported.

    That holds for the host's own, another name's, and the RSA certificate.
    """
    command, words, told = PLACES[case]

    with changed(server.project, file, command):
        assert_refused(server, certificates, file, words, told)
        assert seen(certificates) == kinds


@provoked
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.provokes("postfix", "SASL|quota-status|exit status 1|throttling|lmtp")
@pytest.mark.provokes("dovecot", "auth|SIGTERM|lmtp")
def test_a_restart_with_a_broken_file_serves_the_last_good_one(
    server, certificates, kinds, service
):
    """
    A container that restarts with a broken certificate file serves the last good one.

    It stays unhealthy, and names the file.
    """
    container = server.project.container(service)
    write_files(server.project, bad=served(GOOD)[:-200])

    with changed(server.project, MAIN, "install -m 0600 imported/bad.pem {file}"):
        container.restart(timeout=30)
        wait_until(
            partial(reports, server.project, service, f"/tls/{MAIN}: damaged"),
            "the file named",
        )
        for port in PORTS:
            wait_until(partial(answers, server, port), f"port {port} again", 90)
        assert seen(certificates) == kinds


def answers(server, port: int) -> bool:
    """Say whether *port* serves a certificate, as it does not right after a start."""
    try:
        return handshake.answers(Endpoint(port, ADDRESS, server.port(port)))
    except ConnectionRefusedError:
        return False
