"""The files of a project directory, their permissions, and its locks."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stack.system import files
from stack.system.errors import UnableError
from stack.system.files import Access

# Fixed uids and gids, the same as in images/: names differ between host and containers.
ROOT = 0
POSTFIX_GROUP = 5001
DKIM = 5006
PASSWORDS_GROUP = 5010
REPORTS = 5011
WEB_GROUP = 5013
SRS = 5014

# Permissions by the directory under var/: of directories in it, and of files.
ACCESS = {
    "identity": (Access(0o755, ROOT, ROOT), Access(0o644, ROOT, ROOT)),
    "etc": (Access(0o755, ROOT, ROOT), Access(0o644, ROOT, ROOT)),
    "tls": (Access(0o700, ROOT, ROOT), Access(0o600, ROOT, ROOT)),
    # The web server is never root.
    "web": (Access(0o750, ROOT, WEB_GROUP), Access(0o640, ROOT, WEB_GROUP)),
    "spam": (Access(0o755, ROOT, ROOT), Access(0o644, ROOT, ROOT)),
    "relay": (Access(0o700, ROOT, ROOT), Access(0o600, ROOT, ROOT)),
    "acme": (Access(0o700, ROOT, ROOT), Access(0o600, ROOT, ROOT)),
    "dns": (Access(0o755, ROOT, ROOT), Access(0o644, ROOT, ROOT)),
    "dkim": (Access(0o700, DKIM, DKIM), Access(0o600, DKIM, DKIM)),
    "reports": (Access(0o700, REPORTS, REPORTS), Access(0o600, REPORTS, REPORTS)),
    "srs": (Access(0o700, SRS, SRS), Access(0o600, SRS, SRS)),
    "accounts": (
        Access(0o750, ROOT, POSTFIX_GROUP),
        Access(0o640, ROOT, POSTFIX_GROUP),
    ),
}

# It lies with the accounts, but fewer programs may read it. The same holds for the
# journal that SQLite puts beside it.
PASSWORDS = "passwords.db"
PASSWORDS_ACCESS = Access(0o640, ROOT, PASSWORDS_GROUP)

# certbot sets the permissions of its own files, and hooks are executable. The directory
# itself keeps other users out.
CERTBOT_FOLDER = "acme"

LOCK_TIMEOUT = 10.0  # seconds that one command waits for another
ACME_LOCK_TIMEOUT = 600.0  # seconds that one waits for another's certificate


@dataclass(frozen=True)
class Project:
    """A directory that holds compose.yaml, config/, .env and var/."""

    root: Path

    @property
    def env(self) -> Path:
        """The operator's settings."""
        return self.root / ".env"

    @property
    def config(self) -> Path:
        """The templates."""
        return self.root / "config"

    @property
    def var(self) -> Path:
        """Everything that `stack` creates."""
        return self.root / "var"

    @property
    def is_whole(self) -> bool:
        """
        Whether this process sees the whole project.

        The service certs sees only what certificates need: no accounts, no signing
        keys, and a copy of .env as it was applied last.
        """
        return files.exists(self.database.parent)

    @property
    def applied(self) -> Path:
        """A copy of .env as it was applied last, for certs, and if .env is lost."""
        return self.etc / "certs" / "env"

    @property
    def owner(self) -> Path:
        """The id of this project, which marks its volumes."""
        return self.var / "identity" / "owner"

    @property
    def adopted(self) -> Path:
        """The ids of projects whose volumes this project has adopted."""
        return self.var / "identity" / "adopted"

    @property
    def marked(self) -> Path:
        """Exists when all volumes are marked: an unmarked volume is foreign then."""
        return self.var / "identity" / "marked"

    @property
    def etc(self) -> Path:
        """The rendered configuration: files may be deleted, folders are mounted."""
        return self.var / "etc"

    @property
    def tls(self) -> Path:
        """Certificates of the mail ports, with their keys."""
        return self.var / "tls"

    @property
    def web(self) -> Path:
        """Certificates of the service web, with their keys."""
        return self.var / "web"

    @property
    def sites(self) -> Path:
        """The names that the service web answers for: a kind and a domain a line."""
        return self.etc / "web" / "sites"

    @property
    def policy_seen(self) -> Path:
        """Since when each domain's MTA-STS policy is seen to be right."""
        return self.var / "dns" / "mta-sts.json"

    @property
    def acme(self) -> Path:
        """ACME accounts, issued certificates, and the state of the renewals."""
        return self.var / CERTBOT_FOLDER

    @property
    def dkim(self) -> Path:
        """Signing keys, in a directory for each domain."""
        return self.var / "dkim"

    @property
    def logins(self) -> Path:
        """The logins to relays: a table that Postfix reads as root."""
        return self.var / "relay" / "logins.texthash"

    @property
    def srs_secrets(self) -> Path:
        """The secrets that prove a return address of forwarded mail, one a line."""
        return self.var / "srs" / "secrets"

    @property
    def own_rules(self) -> Path:
        """The operator's own SpamAssassin rules."""
        return self.var / "spam" / "local.cf"

    @property
    def database(self) -> Path:
        """The accounts, which Postfix and Dovecot read in place."""
        return self.var / "accounts" / "accounts.db"

    @property
    def passwords(self) -> Path:
        """The password hashes, which only Dovecot's auth reads."""
        return self.database.with_name(PASSWORDS)

    @property
    def reports(self) -> Path:
        """What other servers report on our mail; its service writes it."""
        return self.var / "reports" / "reports.db"

    def require(self) -> None:
        """
        Check that this is a project directory.

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
        Return the permissions that *path* should have.

        Outside var/ a file belongs to the owner of the project directory: the operator
        must be able to edit an .env that a container has written.
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
        """Write *text* to *path*, and create missing directories above it."""
        self.make_directory(path.parent)
        files.write(path, text, self.access(path))

    def make_directory(self, path: Path) -> None:
        """Create *path* and missing directories above it, each with its permissions."""
        if not files.exists(path):
            self.make_directory(path.parent)
            files.make_directory(path, self.access(path, directory=True))

    def wrong_access(self) -> Iterator[tuple[Path, Access]]:
        """Yield each path in var/ with wrong permissions, and the right ones."""
        known = [self.var, *(self.var / kind for kind in ACCESS)]
        for path in filter(files.exists, known):
            inside = () if path in (self.var, self.acme) else path.rglob("*")
            for each in (path, *inside):
                # A kill may leave a half-written hidden file. It is private, and the
                # next write removes it, so repairing it could fail.
                if each.is_symlink() or each.name.startswith("."):
                    continue
                access = self.access(each, directory=each.is_dir())
                # A journal of SQLite comes and goes, as `reports` writes meanwhile.
                with suppress(FileNotFoundError):
                    if not files.is_right(each, access):
                        yield each, access

    @contextmanager
    def lock(self) -> Iterator[None]:
        """
        Lock out other `stack` commands, on this machine and in containers.

        The lock is on the directory itself, so a refused command leaves no file behind,
        and on var/etc, which all containers with `stack` see.

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
        Lock out other commands that change certificates or ask an authority.

        It is apart from `lock`: an authority takes minutes, and accounts can be changed
        meanwhile.

        Raises:
            UnableError: When another command holds the lock for over 10 minutes.
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
