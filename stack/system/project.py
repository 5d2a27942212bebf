"""Where things lie in a project directory, whose they are, and its lock."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.system import files
from stack.system.errors import UnableError
from stack.system.files import Access

# The same fixed numbers as in images/: names differ between host and containers.
ROOT = 0
POSTFIX_GROUP = 5001
DKIM = 5006
PASSWORDS_GROUP = 5010

# By the directory under var/: access to a directory, and to a file in it.
ACCESS = {
    "identity": (Access(0o755, ROOT, ROOT), Access(0o644, ROOT, ROOT)),
    "etc": (Access(0o755, ROOT, ROOT), Access(0o644, ROOT, ROOT)),
    "tls": (Access(0o700, ROOT, ROOT), Access(0o600, ROOT, ROOT)),
    "spam": (Access(0o755, ROOT, ROOT), Access(0o644, ROOT, ROOT)),
    "relay": (Access(0o700, ROOT, ROOT), Access(0o600, ROOT, ROOT)),
    "acme": (Access(0o700, ROOT, ROOT), Access(0o600, ROOT, ROOT)),
    "dkim": (Access(0o700, DKIM, DKIM), Access(0o600, DKIM, DKIM)),
    "accounts": (
        Access(0o750, ROOT, POSTFIX_GROUP),
        Access(0o640, ROOT, POSTFIX_GROUP),
    ),
}

# In the directory of the accounts, but not for all who read those; nor is what SQLite
# puts beside it while it changes.
PASSWORDS = "passwords.db"
PASSWORDS_ACCESS = Access(0o640, ROOT, PASSWORDS_GROUP)

# Below it, certbot looks after its own files, and hooks are programs: nobody else gets
# in through the directory.
CERTBOT_FOLDER = "acme"

LOCK_TIMEOUT = 10.0  # seconds that one command waits for another
ACME_LOCK_TIMEOUT = 600.0  # the same, while an authority is asked


@dataclass(frozen=True)
class Project:
    """A directory that holds compose.yaml, config/, .env and var/."""

    root: Path

    @property
    def env(self) -> Path:
        """The operator's file."""
        return self.root / ".env"

    @property
    def config(self) -> Path:
        """The templates."""
        return self.root / "config"

    @property
    def var(self) -> Path:
        """All that `stack` makes."""
        return self.root / "var"

    @property
    def is_whole(self) -> bool:
        """
        Whether all of it is here.

        The service certs is shown what certificates need, and no more: no account, no
        signing key, and of .env what was applied last.
        """
        return files.exists(self.database.parent)

    @property
    def applied(self) -> Path:
        """What .env was when it was applied last, for certs and for when it is lost."""
        return self.etc / "certs" / "env"

    @property
    def owner(self) -> Path:
        """The id of this project, with which its volumes are marked."""
        return self.var / "identity" / "owner"

    @property
    def adopted(self) -> Path:
        """The ids of projects whose volumes are this one's now."""
        return self.var / "identity" / "adopted"

    @property
    def marked(self) -> Path:
        """There when all data bears the mark: then new volumes aren't ours."""
        return self.var / "identity" / "marked"

    @property
    def etc(self) -> Path:
        """The rendered configuration: its files, not its folders, may be deleted."""
        return self.var / "etc"

    @property
    def tls(self) -> Path:
        """Certificates with their keys."""
        return self.var / "tls"

    @property
    def acme(self) -> Path:
        """What authorities know of us: accounts, and what they have issued."""
        return self.var / CERTBOT_FOLDER

    @property
    def dkim(self) -> Path:
        """Signing keys, in a directory for each domain."""
        return self.var / "dkim"

    @property
    def logins(self) -> Path:
        """The logins to relays, a table that Postfix reads as root."""
        return self.var / "relay" / "logins.texthash"

    @property
    def own_rules(self) -> Path:
        """What the operator adds to the rules about spam."""
        return self.var / "spam" / "local.cf"

    @property
    def database(self) -> Path:
        """The accounts, which Postfix and Dovecot read in place."""
        return self.var / "accounts" / "accounts.db"

    @property
    def passwords(self) -> Path:
        """The hashes of their passwords, which only Dovecot's auth reads."""
        return self.database.with_name(PASSWORDS)

    def require(self) -> None:
        """
        Make sure that this is a project directory.

        Raises:
            UnableError: When it isn't.
        """
        if not self.config.is_dir():
            raise UnableError(
                f"{self.root.resolve()}: not a project directory, it has no config/:"
                " change to the one with compose.yaml, or name it with --project"
            )

    def access(self, path: Path, *, directory: bool = False) -> Access:
        """
        Return who should have what access to *path*.

        Outside var/ a file belongs to whoever has the project directory: an
        operator must be able to edit the .env that a container made for him.
        """
        if not path.is_relative_to(self.var):
            owner = self.root.stat()
            return Access(0o644, owner.st_uid, owner.st_gid)
        if path == self.var:
            return Access(0o755, ROOT, ROOT)
        if path.is_relative_to(self.passwords.parent) and path.name.startswith(
            PASSWORDS
        ):
            return PASSWORDS_ACCESS
        kind = path.relative_to(self.var).parts[0]
        return ACCESS[kind][0 if directory else 1]

    def write(self, path: Path, text: str) -> None:
        """Put *text* at *path*, with the directories above it that are missing."""
        self.make_directory(path.parent)
        files.write(path, text, self.access(path))

    def make_directory(self, path: Path) -> None:
        """Make *path* and what is missing above it, each with its own access."""
        if not files.exists(path):
            self.make_directory(path.parent)
            files.make_directory(path, self.access(path, directory=True))

    def wrong_access(self) -> Iterator[tuple[Path, Access]]:
        """Find what lies in var/ with another owner or mode than it should have."""
        known = [self.var, *(self.var / kind for kind in ACCESS)]
        for path in filter(files.exists, known):
            inside = () if path in (self.var, self.acme) else path.rglob("*")
            for each in (path, *inside):
                # What a kill left half written is closed, and is gone after the next
                # write: who repairs it then finds nothing.
                if each.is_symlink() or each.name.startswith("."):
                    continue
                access = self.access(each, directory=each.is_dir())
                if not files.is_right(each, access):
                    yield each, access

    @contextmanager
    def lock(self) -> Iterator[None]:
        """
        Keep other `stack` commands out, on this machine and in containers.

        The directory itself is locked, so that a command that is refused has not
        left so much as a lock file; and what all containers see of it that may lock.

        Raises:
            UnableError: When another command holds the lock for over 10 seconds.
        """
        shared = [self.etc] if files.exists(self.etc) else []
        with ExitStack() as held:
            for directory in (self.root, *shared):
                held.enter_context(_locked(directory, LOCK_TIMEOUT))
            yield

    @contextmanager
    def acme_lock(self) -> Iterator[None]:
        """
        Keep others from asking an authority at the same time.

        Apart from `lock`: that takes minutes, in which accounts can be changed.

        Raises:
            UnableError: When another command asks for over 10 minutes.
        """
        self.make_directory(self.acme)
        with _locked(self.acme, ACME_LOCK_TIMEOUT):
            yield


@contextmanager
def _locked(directory: Path, timeout: float) -> Iterator[None]:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _flock(handle, directory, timeout)
        yield
    finally:
        os.close(handle)


def _flock(handle: int, root: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise UnableError(
                    f"{root.resolve()}: another stack command is at work here:"
                    " try again when it has ended"
                ) from None
            time.sleep(0.05)
