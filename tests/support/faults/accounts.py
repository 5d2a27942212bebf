"""Accounts and passwords that are damaged or locked for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.server.project import Project
from tests.support.wait import wait_until

DATABASE = "var/accounts/accounts.db"
PASSWORDS = "var/accounts/passwords.db"
SQL = 'python3 -c \'import sqlite3; sqlite3.connect("{0}").executescript("{1}")\''

# Written over in place, as a process that has the file open must see the change.
DAMAGES = {
    "an empty file": f": > {DATABASE}",
    "a damaged file": f"head -c 60000 /dev/urandom > {DATABASE}",
    "no domains": SQL.format(DATABASE, "DELETE FROM domains"),
    "no users": SQL.format(DATABASE, "DELETE FROM users"),
}

# The same for the file that only Dovecot's auth reads.
PASSWORD_DAMAGES = {
    "an empty file of passwords": f": > {PASSWORDS}",
    "a damaged file of passwords": f"head -c 60000 /dev/urandom > {PASSWORDS}",
    "no passwords": SQL.format(PASSWORDS, "DELETE FROM passwords"),
}

HOLD = """
import sqlite3, time
accounts = sqlite3.connect("{file}", isolation_level=None)
accounts.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep({seconds})
"""


@contextmanager
def damaged(project: Project, way: str) -> Iterator[None]:
    """Damage the accounts or the passwords in one of the ways, for a while."""
    file = DATABASE if way in DAMAGES else PASSWORDS
    script = DAMAGES.get(way) or PASSWORD_DAMAGES[way]
    project.as_root(f"cp -a {file} {file}.kept; {script}")
    try:
        yield
    finally:
        project.as_root(f"cat {file}.kept > {file}; rm {file}.kept")
        # SQLite doesn't notice that a file which was empty is as it was before.
        project.inside("dovecot", "doveadm", "reload")
        project.inside("postfix", "postfix", "reload")


@contextmanager
def locked(
    project: Project, seconds: float = 600, file: str = DATABASE
) -> Iterator[None]:
    """Lock the *file* by a writer for *seconds*, or until the block ends."""
    writer = project.docker.containers.run(
        project.image,
        ["-c", HOLD.format(seconds=seconds, file=file)],
        entrypoint="python3",
        detach=True,
        network_mode="none",
        working_dir="/project",
        volumes={str(project.folder): {"bind": "/project", "mode": "rw"}},
    )
    try:
        wait_until(lambda: b"locked" in writer.logs(), "a lock on the accounts")
        yield
    finally:
        writer.remove(force=True)
