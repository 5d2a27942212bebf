"""Passwords are stored as Argon2id, where only Dovecot's look-ups can read them."""

import json
import secrets
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.clients.login import log_in

pytestmark = pytest.mark.core

FOLDER = "/project/var/accounts"
PASSWORD = "a password for this test"

# The same password, as somebody might write it into the table by hand. Made by
# `doveadm pw`, which has to be told that it may.
SCHEMES = ["PLAIN", "CLEAR", "SHA1", "SSHA", "SSHA256", "MD5-CRYPT", "SMD5"]

INSERT = """
    INSERT INTO users (address, domain_id, password_id)
    SELECT key, (SELECT id FROM domains WHERE name = 'example.test'), key
    FROM json_each(?)
"""
INSERT_HASHES = "INSERT INTO passwords SELECT key, value FROM json_each(?)"
DELETE = "DELETE FROM users WHERE address IN (SELECT key FROM json_each(?))"


def sql(server, file: str, statement: str, *values: str) -> list[list[str]]:
    """Run a *statement* on a *file* of the accounts, past the operator's command."""
    script = (
        "import json, sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        " r = c.execute(sys.argv[2], sys.argv[3:]).fetchall(); c.commit();"
        " print(json.dumps(r))"
    )
    printed = server.project.docker.containers.run(
        server.project.image,
        ["-c", script, f"{FOLDER}/{file}", statement, *values],
        entrypoint="python3",
        remove=True,
        network_mode="none",
        volumes={str(server.project.folder): {"bind": "/project", "mode": "rw"}},
    )
    return json.loads(printed)


def in_scheme(server, scheme: str) -> str:
    """Write the password in *scheme*."""
    allow = ("-o", "auth_allow_weak_schemes=yes")
    made = server.project.inside(
        "dovecot", "doveadm", *allow, "pw", "-s", scheme, "-p", PASSWORD
    )
    return made.decode().strip()


def test_passwords_are_stored_as_argon2id(server, alice, bob):
    """Every stored password is an Argon2id hash, and there is one for each user."""
    rows = sql(server, "passwords.db", "SELECT hash FROM passwords")
    users = sql(server, "accounts.db", "SELECT address FROM users")

    assert [row[0].partition("$v=19$m=19456,t=2,p=1$")[0] for row in rows] == [
        "{ARGON2ID}$argon2id"
    ] * len(users)
    assert {alice.address, bob.address} <= {address for (address,) in users}


FIND_HASHES = """
find / -xdev -type f -readable -size -4M -exec grep -laE 'argon2id[$]v=' {} + || true
find /accounts -type f -readable -exec grep -laE 'argon2id[$]v=' {} + || true
"""


@pytest.mark.parametrize(
    ("service", "user"),
    [
        ("postfix", "5001:5001"),
        ("dkim-sign", "5006:5006"),
        ("dovecot", "5003:5003"),
        ("dovecot", "5004:5004"),
        ("dovecot", "5005:5005"),
    ],
)
def test_services_that_read_the_accounts_read_no_hash(server, alice, service, user):
    """
    Postfix, the signer, and Dovecot's processes but for auth can't read any hash.

    Each runs with its own group and with that of the accounts, which all of them may
    read.
    """
    uid, _, gid = user.partition(":")
    argv = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--groups=5001"]
    container = server.project.container(service)
    if service == "dkim-sign":
        argv = ["env"]

    done = container.exec_run([*argv, "sh", "-c", FIND_HASHES])
    seen = container.exec_run([*argv, "head", "-c", "15", "/accounts/accounts.db"])
    kept = container.exec_run([*argv, "cat", "/accounts/passwords.db"])

    assert seen.output == b"SQLite format 3"
    assert b"Permission denied" in kept.output
    assert b"/accounts" not in done.output


@pytest.mark.provokes("postfix", r"SASL PLAIN authentication failed")
def test_a_password_in_a_weak_scheme_is_refused(server, alice, subject):
    """
    A password that is stored in the clear or in a weak scheme opens no login.

    An attacker who can write one row of the database gets no login by it.
    """
    users = {
        f"{scheme.lower()}-{subject.split()[1]}@example.test": in_scheme(server, scheme)
        for scheme in [*SCHEMES, "ARGON2ID"]
    }
    sql(server, "passwords.db", INSERT_HASHES, json.dumps(users))
    sql(server, "accounts.db", INSERT, json.dumps(users))

    answers = log_in(server, 465, *((address, PASSWORD) for address in users))

    sql(server, "accounts.db", DELETE, json.dumps(users))
    sql(
        server,
        "passwords.db",
        "DELETE FROM passwords WHERE id IN (SELECT key FROM json_each(?))",
        json.dumps(users),
    )
    assert [answer.code for answer in answers] == [535] * len(SCHEMES) + [235]


def test_a_new_password_is_in_no_command_line(project, alice, subject):
    """While `stack user add` runs, no process has the password in its command line."""
    seen: set[bytes] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            # Path.glob would fail for a process that ends meanwhile.
            for process in Path("/proc").iterdir():
                with suppress(OSError):
                    seen.add((process / "cmdline").read_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    address, password = f"{subject.split()[1]}@example.test", secrets.token_urlsafe()
    add = ("stack", "user", "add", address, "--password-stdin")
    try:
        # A process that begins as the operator's does: see operator/command_server.py.
        project.operate("env", *add, stdin=password)
    finally:
        done.set()
        watcher.join()

    of_stack = [line for line in seen if address.encode() in line]
    assert any(line.startswith(b"python3\0-m\0stack\0user\0add") for line in of_stack)
    assert not any(password.encode() in line for line in seen)
