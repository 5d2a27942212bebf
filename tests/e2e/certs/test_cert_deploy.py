"""A new certificate is in use on all ports, or the previous one is restored."""

import json
import subprocess
import sys
from contextlib import ExitStack
from functools import partial

import pytest

from stack.certs.bundle import Bundle
from tests.support.certs.certificates import (
    ADDRESSES,
    client_without_validation,
    trusting,
)
from tests.support.certs.imported import ROOT, bundle, certificate, write_files
from tests.support.clients.login import plain
from tests.support.faults.services import ignoring_certificates
from tests.support.mail.message import letter
from tests.support.server.server import HOSTNAME, IMAP_PORTS, PORTS
from tests.support.wait import wait_until

SESSIONS = 20

# When to kill `stack cert`: each step at which files change is in tests/unit.
MOMENTS = {
    "the file is new": f"[ var/tls/{HOSTNAME}.pem -nt /tmp/before ]",
    "the ports are looked at": "grep -q Waiting /tmp/said",
}
KILLED = """
touch /tmp/before
stack cert import $0 2> /tmp/said &
until {moment} || ! kill -0 $!; do :; done
kill -KILL $!
"""

pytestmark = pytest.mark.provokes("dovecot", "sent SIGTERM")


@pytest.mark.core
def test_replacing_a_certificate_ends_no_session(
    server, certificates, alice, bob, subject
):
    """
    Open IMAP and SMTP sessions go on while a certificate is replaced.

    A client that connects afterwards is shown the new one, on each port, by IPv4 and by
    IPv6.
    """
    new = bundle(certificate())
    (path,) = write_files(server.project, new=new)
    with ExitStack() as stack:
        reading = [
            stack.enter_context(log_in(certificates, alice)) for _ in range(SESSIONS)
        ]
        writing = [
            stack.enter_context(long_message(certificates, alice, bob, port, subject))
            for port in (25, 587)
        ]

        server.project.stack("cert", "import", path)

        assert certificates.served_everywhere() == {Bundle.parse(new).fingerprint}
        assert all("tag OK" in session.say("NOOP") for session in reading)
        for session in writing:
            session.write(b"the end\r\n.\r\n")
            assert session.reply().code == 250
    with trusting(server, ROOT.pem):
        for port in (25, 587):
            assert bob.receive(f"{port} {subject}")


def log_in(certificates, user):
    """Open a session on 993 that stays."""
    session = certificates.connect(993, client_without_validation(HOSTNAME))
    session.say(f"LOGIN {user.address} {user.password}")
    return session


def long_message(certificates, sender, reader, port: int, subject: str):
    """Begin a message on *port* that doesn't end yet."""
    session = certificates.connect(port, client_without_validation(HOSTNAME))
    if port == 587:
        session.say(f"AUTH PLAIN {plain(sender.address, sender.password)}")
    source = sender.address if port == 587 else "a@outside.test"
    session.say(f"MAIL FROM:<{source}>")
    session.say(f"RCPT TO:<{reader.address}>")
    assert session.say("DATA").code == 354
    text = letter(source, reader.address, f"{port} {subject}")
    session.write(text.replace(b"\n", b"\r\n"))
    return session


@pytest.mark.core
def test_the_old_certificate_is_put_back_if_a_port_does_not_serve_the_new(
    server, certificates
):
    """
    When a port goes on with the old certificate, `cert import` puts it back everywhere.

    The operator is told which ports served what; files and ports are as before.
    """
    before, served = certificates.files(), certificates.served_everywhere()
    (path,) = write_files(server.project, new=bundle(certificate()))

    with ignoring_certificates(server.project, "dovecot"):
        done = server.project.stack(
            "cert", "import", path, "--timeout", "20", check=False
        )

    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert {int(line.split()[2]) for line in told} == set(IMAP_PORTS)
    assert all("the one before was put back" in line for line in told)
    assert certificates.files() == before
    wait_until(
        lambda: certificates.served_everywhere() == served, "the one before, served"
    )


def test_check_finds_a_port_that_serves_another_certificate(server, certificates):
    """`stack cert check` fails and names the ports that serve another certificate."""
    new, served = bundle(certificate()), certificates.served_everywhere()
    write_files(server.project, new=new)
    file = f"var/tls/{HOSTNAME}.pem"

    with ignoring_certificates(server.project, "dovecot"):
        server.project.as_root(f"cp -p {file} kept.pem; cat imported/new.pem > {file}")
        wait_for_postfix(certificates, new)
        checked = server.project.stack("cert", "check", check=False)
        server.project.as_root(f"cat kept.pem > {file}; rm kept.pem")
    wait_until(
        lambda: certificates.served_everywhere() == served, "the one before, served"
    )

    assert checked.returncode == 1
    wrong = [line for line in checked.stdout.splitlines() if "another cert" in line]
    assert {int(line.split()[1]) for line in wrong} == set(IMAP_PORTS)


BROKEN = {
    "within an issuer": (-200, "a certificate in it is damaged or cut off"),
    "within the key": (100, "holds no certificate and private key that can be read"),
    "at its beginning": (0, "holds no certificate and private key that can be read"),
}


@pytest.mark.provokes("(postfix|dovecot)", "configuration refused")
def test_a_truncated_certificate_file_is_not_served(server, certificates):
    """
    A certificate file that was cut off changes nothing of what is served.

    Postfix would have no TLS at all with it. Both containers name the file, and are
    unhealthy until it is mended.
    """
    (path,) = write_files(server.project, whole=bundle(certificate()))
    server.project.stack("cert", "import", path)
    served, file = certificates.served_everywhere(), f"var/tls/{HOSTNAME}.pem"
    whole = (server.project.folder / file).read_text()

    for end, words in BROKEN.values():
        (path,) = write_files(server.project, cut=whole[:end])
        server.project.as_root(f"cp {path} {file}")
        for service in ("postfix", "dovecot"):
            wait_until(partial(complains, server, service, words), words)
        assert certificates.served_everywhere() == served

    (path,) = write_files(server.project, kept=whole)
    server.project.as_root(f"cp {path} {file}")
    for service in ("postfix", "dovecot"):
        server.project.wait_for("healthy", service)
    assert certificates.served_everywhere() == served


def complains(server, service: str, words: str) -> bool:
    """Say whether *service* is unhealthy, with *words* about the certificate file."""
    well, said = server.project.probe(service)
    return not well and f"/tls/{HOSTNAME}.pem: {words}" in said


def wait_for_postfix(certificates, text: str) -> None:
    """Wait until the ports of Postfix serve the certificate in *text*."""
    wanted = Bundle.parse(text).fingerprint
    client = client_without_validation(HOSTNAME)
    wait_until(
        lambda: certificates.served(465, client) == wanted, "Postfix serves the new one"
    )


@pytest.mark.core
@pytest.mark.provokes(
    "postfix", r"SSL_accept error from \S*(certs|stack)\S*: (lost|Conn)"
)
def test_after_a_kill_key_and_certificate_match(server, certificates):
    """
    Whenever `stack cert` is killed, key and certificate on disk match.

    The next command works: `self-signed` makes a certificate that every port serves.
    """
    for moment in MOMENTS.values():
        (path,) = write_files(server.project, killed=bundle(certificate()))
        script = KILLED.format(moment=moment)
        server.project.operate("sh", "-euc", script, path)
        for service in ("postfix", "dovecot"):
            fits = "ls /tls/*.pem | check-certificates"
            server.project.inside(service, "sh", "-c", fits)

    server.project.stack("cert", "self-signed")
    shown = certificates.of()
    assert shown["issuer"] == "itself"
    assert certificates.served_everywhere() == {shown["sha256"]}


def test_check_looks_at_ipv4_and_ipv6(server, world, certificates):
    """
    On the host, `stack cert check` looks at each published port on IPv4 and on IPv6.

    For each it asks for the host's name by SNI, and for none.
    """
    command = ("stack", "--project", str(server.project.folder), "cert", "check")
    done = subprocess.run(
        [sys.executable, "-m", *command, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )

    found = json.loads(done.stdout)
    assert done.returncode == 0
    seen = {(each["port"], each["address"], each["host"]) for each in found["ports"]}
    assert seen == {
        (port, address, host)
        for port in PORTS
        for address in (*ADDRESSES, world.outsider)
        for host in (HOSTNAME, None)
    }
    assert not any(each["problem"] for each in found["ports"])
