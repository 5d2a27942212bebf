"""With ANTIVIRUS=yes viruses are refused; while the scanner is down, mail waits."""

import time
from collections.abc import Iterator

import pytest

from tests.support.clients.submission import logged_in
from tests.support.configuration.templates import changed, refused, settings
from tests.support.mail.message import letter
from tests.support.spam.viruses import (
    EICAR,
    NAME,
    await_postfix,
    clamd,
    reconfigured,
    virus_is_refused,
    with_file,
    zeros,
    zipped,
)
from tests.support.wait import wait_until

pytestmark = [
    pytest.mark.provokes("clamav", "No clamd server|freshclam has no news"),
    pytest.mark.provokes("postfix", "inet:filter-clamav|host or service filter-clamav"),
]


def nested(depth: int) -> bytes:
    """Pack the virus in an archive in an archive and so on."""
    content = EICAR
    for level in range(depth):
        content = zipped((f"{level}.com", content))
    return content


def forwarded(to: str, subject: str) -> bytes:
    """Write a message that holds another, with the virus in an archive."""
    inner = with_file(to, "inner", "a.zip", nested(1)).decode()
    head = "MIME-Version: 1.0\nContent-Type: message/rfc822\n"
    return (
        f"From: a@outside.test\nTo: {to}\nSubject: {subject}\n{head}\n{inner}".encode()
    )


INFECTED = {
    "text": lambda to, title: letter("a@outside.test", to, title, EICAR.decode()),
    "attachment": lambda to, title: with_file(to, title, "a.com", EICAR),
    "zip": lambda to, title: with_file(to, title, "a.zip", nested(1)),
    "ten zips": lambda to, title: with_file(to, title, "a.zip", nested(10)),
    "forwarded": forwarded,
}


@pytest.mark.core
@pytest.mark.parametrize("where", INFECTED)
def test_a_virus_is_refused(scanned, spammer, alice, subject, where):
    """A message with a virus is refused with 550, its name and whom to tell."""
    reply = spammer.send(alice.address, INFECTED[where](alice.address, subject))

    assert reply.code == 550
    assert "5.7.1" in str(reply)
    assert NAME in str(reply)
    assert "postmaster@example.test" in str(reply)
    assert subject not in alice.subjects()


@pytest.mark.core
@pytest.mark.parametrize("port", [587, 465])
def test_a_submitted_virus_is_refused(scanned, alice, bob, subject, port):
    """A submitted message with a virus is refused with its name."""
    message = with_file(bob.address, subject, "a.zip", nested(1)).replace(
        b"a@outside.test", alice.address.encode()
    )

    with logged_in(alice, port) as session:
        reply = session.deliver(message, alice.address, [bob.address])

    assert reply.code == 550
    assert NAME in str(reply)


@pytest.mark.core
def test_clean_mail_passes(scanned, spammer, alice, bob, subject):
    """Clean mail with attachments is delivered, received or submitted."""
    file = zipped(("letter.txt", b"All is well.\n"))

    reply = spammer.send(alice.address, with_file(alice.address, subject, "a", file))
    bob.send(alice.address, f"inside {subject}")

    assert reply.code == 250
    assert alice.receive(subject)
    assert alice.receive(f"inside {subject}")


def test_a_refused_virus_is_logged_with_its_queue_id(scanned, spammer, alice, subject):
    """A refused virus is one line of the log, with recipient, name and queue ID."""
    begin = time.time()

    spammer.send(alice.address, with_file(alice.address, subject, "a", EICAR))

    (line,) = wait_until(
        lambda: [
            line.text
            for line in scanned.lines(["clamav"], since=begin)
            if f"subject '{subject}'" in line.text
        ],
        "the line",
    )
    queue_id = line.split()[1]
    assert f"to <{alice.address}>" in line
    assert f"infected by {NAME}" in line
    assert any(
        queue_id in line.text for line in scanned.lines(["postfix"], since=begin)
    )


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield archives that are larger than they look, by name."""
    yield "a gigabyte of zeros", zeros(1024)
    content = zeros(100)
    for _ in range(4):
        content = zipped(*((f"{each}.zip", content) for each in range(16)))
    yield "six terabytes in five layers", content
    yield "sixty thousand files", zipped(*((f"{n}", b"%d" % n) for n in range(60_000)))


def test_archive_bombs_take_little_time_and_memory(scanned, spammer, alice, subject):
    """
    Each archive bomb is answered in 30 seconds, and clamd stays below 500 MB.

    The virus in the next message is found, and the one beside a bomb.
    """
    first = clamd(scanned)
    for name, content in bombs():
        begin = time.monotonic()
        message = with_file(alice.address, f"{name} {subject}", "a.zip", content)
        assert spammer.send(alice.address, message).code == 250
        assert time.monotonic() - begin < 30
    beside = zipped(("a.zip", zeros(1024)), ("b.com", EICAR))
    reply = spammer.send(
        alice.address, with_file(alice.address, subject, "a.zip", beside)
    )

    assert reply.code == 550
    assert virus_is_refused(spammer, alice.address, subject)
    assert clamd(scanned) == first
    status = scanned.inside("clamav", "sh", "-c", "cat /proc/$(pgrep -x clamd)/status")
    (peak,) = [line for line in status.decode().splitlines() if "VmHWM" in line]
    assert int(peak.split()[1]) < 500_000


def test_a_virus_at_the_end_of_the_largest_message_is_found(
    scanned, server, spammer, alice
):
    """A virus at the end of a message of the largest size is found."""
    size = 50 * 1024 * 1024
    tail = b"\n\n" + EICAR + b"\n"
    message = letter("a@outside.test", alice.address, "large", "x" * 70 + "\n")
    filling = (b"y" * 77 + b"\n") * ((size - 4000) // 79)

    reply = spammer.send(alice.address, message + filling + tail)

    assert reply.code == 550
    assert NAME in str(reply)


@pytest.mark.provokes("clamav", "MisspeltOption|different database directories")
def test_a_broken_scanner_configuration_is_refused(scanned, spammer, alice, subject):
    """
    With a broken configuration the scanner goes on with the old one, and names the
    line.
    """
    begin = time.time()

    def is_said() -> bool:
        said = scanned.lines(["clamav"], since=begin)
        return any("/config/clamd.conf:" in line.text for line in said)

    with refused(scanned, "clamav/clamd.conf.j2", "MisspeltOption yes\n"):
        wait_until(is_said, "the line", within=60)
        scanned.wait_for("unhealthy", "clamav")
        assert virus_is_refused(spammer, alice.address, subject)
    scanned.wait_for("healthy", "clamav")


def test_a_changed_scanner_configuration_is_used(scanned, spammer, alice, subject):
    """A changed configuration restarts clamd by itself, and mail waits meanwhile."""
    change = changed(scanned, "clamav/clamd.conf.j2", "MaxFiles 100\n")

    with reconfigured(scanned, change):
        assert virus_is_refused(spammer, alice.address, subject)

    assert virus_is_refused(spammer, alice.address, subject)


def test_the_compose_profile_follows_the_setting_antivirus(
    scanned, spammer, alice, subject
):
    """`stack init` adds or removes the Compose profile as ANTIVIRUS says."""

    def services() -> set[str]:
        return set(scanned.compose("config", "--services").stdout.split())

    on = services()
    with settings(scanned, ANTIVIRUS="no"):
        scanned.stack("init", "--yes")
        off = services()
        await_postfix(scanned)
        message = letter("a@outside.test", alice.address, subject, EICAR.decode())
        reply = spammer.send(alice.address, message)
    scanned.stack("init", "--yes")
    await_postfix(scanned)

    assert on - off == {"clamav"}
    assert reply.code == 250
    assert alice.receive(subject)


def test_the_scanner_is_hardened_like_the_other_services(scanned):
    """The scanner has no capability, no root, a read-only file system and limits."""
    container = scanned.container("clamav")
    host = container.attrs["HostConfig"]
    users = container.top(ps_args="-eo uid,pid")["Processes"]
    written = {m["Destination"] for m in container.attrs["Mounts"] if m["RW"]}

    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
    assert host["ReadonlyRootfs"] is True
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert {row[0] for row in users} == {"5009"}
    assert written == {"/live", "/run/verdicts", "/var/lib/clamav"}
    assert not any(container.ports.values())
