"""
The certificates in var/tls, and which clients are served which of them.

NAME.pem is the certificate for the host NAME, and for other hosts that it names.
NAME.rsa.pem, where it exists, is served to clients that know only RSA.
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

# No hidden files: those are half written.
FILE = re.compile(r"[a-z0-9_-][a-z0-9._-]*\.pem")


@dataclass(frozen=True)
class Stored:
    """The certificate *name*, and the RSA certificate beside it, if there is one."""

    name: str
    bundles: Mapping[str, Bundle]
    """By file name; the certificate for modern clients comes first."""

    @property
    def main(self) -> Bundle:
        """The certificate that modern clients get."""
        return next(iter(self.bundles.values()))

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files in var/tls."""
        return tuple(self.bundles)

    @property
    def probe_host(self) -> str:
        """A host name that it covers, to ask a port for it."""
        return self._below or self.main.names[0].replace("*", "any", 1)

    @property
    def required_host(self) -> str:
        """The host name that it must cover: its own, or one below it for *.NAME."""
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
    """Which files a daemon serves to which clients."""

    default: tuple[str, ...]
    """The files for clients without SNI, or with a name that is not in *hosts*."""
    hosts: tuple[Host, ...]


def load(tls: Path) -> dict[str, Stored]:
    """
    Read the certificates in the directory *tls*, by name.

    Raises:
        UnableError: When a file there is not a key with its certificate.
    """
    return parse(texts(tls), tls)


def usable(tls: Path) -> dict[str, Stored]:
    """Read the valid files in the directory *tls*, and skip the others."""
    return parse_usable(texts(tls))


def parse_usable(texts: Mapping[str, str]) -> dict[str, Stored]:
    """Parse the valid ones of *texts*, by file name, and skip the others."""
    bundles = {file: _parsed(text) for file, text in texts.items()}
    return _stored({file: each for file, each in bundles.items() if each})


def unreadable(tls: Path) -> dict[str, str]:
    """Return what is wrong with each file in *tls* that can't be used, by its name."""
    found = texts(tls)
    closed = {
        file: _no_file(tls / file)
        for file in files.names(tls)
        if FILE.fullmatch(file) and file not in found
    }
    damaged = [file for file, text in found.items() if not _parsed(text)]
    return closed | dict.fromkeys(damaged, NO_CERTIFICATE)


def texts(tls: Path) -> dict[str, str]:
    """Return the text of each file in *tls* with the name of a certificate."""
    found = ((file, files.read(tls / file)) for file in files.names(tls))
    return {
        file: text for file, text in found if text is not None and FILE.fullmatch(file)
    }


def parse(texts: Mapping[str, str], tls: Path) -> dict[str, Stored]:
    """
    Parse the certificates in *texts*, by file name; *tls* is for messages only.

    Raises:
        UnableError: When one of them is not a key with its certificate.
    """
    return _stored({file: _bundle(text, tls / file) for file, text in texts.items()})


def files_of(name: str) -> tuple[str, str]:
    """Return the two file names of the certificate *name*: main, and RSA."""
    return name + SUFFIX, name + RSA_SUFFIX


def served(stored: Mapping[str, Stored], hostname: str) -> Served:
    """
    Return which files are served for which name; those of *hostname* are the default.

    If two certificates cover a name, the one that is called by it is served.

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
