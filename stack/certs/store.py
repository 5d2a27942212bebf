"""
The certificates in var/tls, and who is shown which.

NAME.pem is the certificate for the host NAME, and for other hosts it may name;
NAME.rsa.pem, where it exists, is shown beside it to clients that know only RSA.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm

from stack.certs.bundle import Bundle
from stack.system import files
from stack.system.errors import UnableError

SUFFIX = ".pem"
RSA_SUFFIX = ".rsa.pem"

NO_CERTIFICATE = (
    "is not a key with its certificate for a host name: move it away, then `stack init`"
    " makes one, or restore it from a backup"
)

# No hidden ones: those are being written.
FILE = re.compile(r"[a-z0-9_-][a-z0-9._-]*\.pem")


@dataclass(frozen=True)
class Stored:
    """The certificate *name*, with the one beside it for old clients."""

    name: str
    bundles: Mapping[str, Bundle]
    """By the name of its file, the first choice first."""

    @property
    def main(self) -> Bundle:
        """The one that up-to-date clients get."""
        return next(iter(self.bundles.values()))

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files in var/tls."""
        return tuple(self.bundles)

    @property
    def probe_host(self) -> str:
        """A host name that it is for, to ask with."""
        return self._below or self.main.names[0].replace("*", "any", 1)

    @property
    def required_host(self) -> str:
        """A host name that it has to be for: its own, or one right below for *.NAME."""
        return self._below or self.name

    @property
    def _below(self) -> str | None:
        if self.main.covers(self.name):
            return self.name
        return f"any.{self.name}" if f"*.{self.name}" in self.main.names else None


@dataclass(frozen=True)
class Host:
    """A name that clients ask for by SNI (RFC 6066 §3), and the files they get."""

    name: str
    files: tuple[str, ...]

    @property
    def postfix(self) -> str:
        """The name as Postfix looks it up: .example.org for *.example.org."""
        return self.name.removeprefix("*")


@dataclass(frozen=True)
class Served:
    """What the daemons are told."""

    default: tuple[str, ...]
    """The files for clients that ask for no name, or for none of *hosts*."""
    hosts: tuple[Host, ...]


def load(tls: Path) -> dict[str, Stored]:
    """
    Read the certificates in the directory *tls*, by name.

    Raises:
        UnableError: When a file there is none.
    """
    return parse(texts(tls), tls)


def usable(tls: Path) -> dict[str, Stored]:
    """Read those in the directory *tls* that are of use, and pass over the others."""
    return parse_usable(texts(tls))


def parse_usable(texts: Mapping[str, str]) -> dict[str, Stored]:
    """Read those of *texts* that are a key with its certificate."""
    bundles = {file: _parsed(text) for file, text in texts.items()}
    return _stored({file: each for file, each in bundles.items() if each})


def unreadable(tls: Path) -> dict[str, str]:
    """Return what is in the way of each file in the directory *tls* that is no use."""
    found = texts(tls)
    closed = {
        file: _no_file(tls / file)
        for file in files.names(tls)
        if FILE.fullmatch(file) and file not in found
    }
    damaged = [file for file, text in found.items() if not _parsed(text)]
    return closed | dict.fromkeys(damaged, NO_CERTIFICATE)


def texts(tls: Path) -> dict[str, str]:
    """Return the text of each certificate's file in the directory *tls*."""
    found = ((file, files.read(tls / file)) for file in files.names(tls))
    return {
        file: text for file, text in found if text is not None and FILE.fullmatch(file)
    }


def parse(texts: Mapping[str, str], tls: Path) -> dict[str, Stored]:
    """
    Read the certificates in *texts*, which are or will be files in *tls*.

    Raises:
        UnableError: When one of them is no certificate with a key.
    """
    return _stored({file: _bundle(text, tls / file) for file, text in texts.items()})


def files_of(name: str) -> tuple[str, str]:
    """Return the files that the certificate *name* may have."""
    return name + SUFFIX, name + RSA_SUFFIX


def served(stored: Mapping[str, Stored], hostname: str) -> Served:
    """
    Say which files are shown to whom; *hostname* has the default ones.

    A name that two certificates have is served by its own one.

    Raises:
        UnableError: When there is none for *hostname*.
    """
    if hostname not in stored:
        raise UnableError(
            f"there is no certificate for MAIL_HOSTNAME={hostname}: run `stack init`"
        )
    hosts: dict[str, tuple[str, ...]] = {}
    for certificate in stored.values():
        for host in certificate.main.names:
            if host not in hosts or host == certificate.name:
                hosts[host] = certificate.files
    default = stored[hostname].files
    # Postfix complains of names that are not in the table, its own included.
    hosts[hostname] = default
    return Served(default, tuple(Host(name, hosts[name]) for name in sorted(hosts)))


def _bundle(text: str, path: Path) -> Bundle:
    if found := _parsed(text):
        return found
    raise UnableError(f"{path}: {NO_CERTIFICATE}")


def _parsed(text: str) -> Bundle | None:
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):
        found = Bundle.parse(text)
        if found.names and found.key_matches:
            return found
    return None


def _stored(bundles: Mapping[str, Bundle]) -> dict[str, Stored]:
    names = [
        file.removesuffix(SUFFIX) for file in bundles if not file.endswith(RSA_SUFFIX)
    ]
    return {
        name: Stored(
            name, {file: bundles[file] for file in files_of(name) if file in bundles}
        )
        for name in sorted(names)
    }


def _no_file(path: Path) -> str:
    if path.is_symlink():
        return f"is a link to {path.readlink()}, where nothing is: put the file itself"
    return "is no file: move it away"
