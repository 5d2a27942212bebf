"""
Finds a key and its certificates in the folder of another program.

Traefik, Caddy or certbot often run on the same machine for web sites, and may have a
certificate for our host. The content of a file decides what it is, not its name.
"""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from stack.certs import traefik
from stack.certs.bundle import Bundle
from stack.certs.validation.acceptance import accept
from stack.certs.validation.chain import Certificates
from stack.certs.validation.wording import shown
from stack.system import files
from stack.system.errors import StackError, UnableError

PEM = {".pem", ".crt", ".cer", ".key"}
JSON = ".json"

# Enough for all three programs. If the folder is / by mistake, the search ends soon.
MAX_DEPTH = 6
MAX_FILES = 2000
LARGEST = 1 << 20  # bytes
MAX_REPORTED = 5

TOO_MANY = (
    f"holds more than {MAX_FILES:,} files, and the rest was not looked at: name the"
    " folder in it that the certificates are in"
)
LOOKED_FOR = (
    "looked for certbot's live/NAME/ with fullchain.pem and privkey.pem, Caddy's"
    " NAME.crt with NAME.key, Traefik's acme.json, and any .pem, .crt or .cer with its"
    " key, all as PEM"
)
NOT_TRAEFIK = (
    "lacks the key or the certificate in base64 that Traefik writes: is the file whole?"
)


class Candidate(NamedTuple):
    """A possible certificate: the *text* at a *place*, or why it can't be read."""

    place: str
    text: str
    problem: str = ""

    def __repr__(self) -> str:
        """Show it without the text, which holds a key: this may end in a log."""
        return f"Candidate({self.place!r}, problem={self.problem!r})"


def best(folder: Path, host: str, now: datetime, authorities: Certificates) -> Bundle:
    """
    Return the certificate for *host* in *folder* that is valid for the longest time.

    If two end at the same time, ECDSA is preferred: it costs both sides less.

    Raises:
        StackError: When none can be used, with the reasons, the nearest miss first.
        UnableError: When *folder* doesn't exist or can't be read.
    """
    bundles = []
    refused = []
    for candidate in find(folder):
        try:
            bundles.append(_accept(candidate, host, now, authorities))
        except StackError as error:
            refused.append((candidate.place, error.problems))
    if not bundles:
        raise StackError(*_reasons(folder, host, refused))
    return max(bundles, key=lambda each: (each.not_after, not each.is_rsa))


def find(folder: Path) -> Iterator[Candidate]:
    """
    Yield each key in *folder* with the certificates beside it.

    *folder* may also be a single file.

    Raises:
        UnableError: When *folder* doesn't exist or can't be read.
    """
    problems: list[Candidate] = []
    for paths in _directories(folder, problems):
        read = [(path, _read(path)) for path in paths]
        # One problem for each directory is enough: certbot's has four dangling links.
        problems += [found for _, found in read if found.problem][:1]
        texts = {path: found.text for path, found in read if found.text}
        for path in [path for path in texts if path.suffix.lower() == JSON]:
            yield from _from_traefik(path, texts.pop(path))
        yield from _pairs(texts)
    yield from problems


def _accept(
    candidate: Candidate, host: str, now: datetime, authorities: Certificates
) -> Bundle:
    if candidate.problem:
        raise StackError(candidate.problem)
    return accept(candidate.text, host, now, authorities)


def _reasons(
    folder: Path, host: str, refused: Sequence[tuple[str, Sequence[str]]]
) -> Iterator[str]:
    if not refused:
        yield f"{_place(folder)}: holds no certificate with its key: {LOOKED_FOR}"
    nearest = sorted(refused, key=lambda each: (host not in each[0], len(each[1])))
    for place, problems in nearest[:MAX_REPORTED]:
        yield f"{place}: {'; '.join(problems)}"
    if len(nearest) > MAX_REPORTED:
        more = len(nearest) - MAX_REPORTED
        yield f"{_place(folder)}: {more} more in it serve {host} no better"


# --- Walking the folder ---------------------------------------------------------------


def _directories(folder: Path, problems: list[Candidate]) -> Iterator[list[Path]]:
    """Yield the PEM and JSON files of each directory."""
    if not _is_directory(folder):
        yield [folder]
        return

    def skip(error: OSError) -> None:
        if error.filename == str(folder):
            raise _unable(folder, error)
        problems.append(Candidate(_place(error.filename), "", _why(error)))

    left = MAX_FILES
    for name, inner, names in os.walk(folder, onerror=skip):
        directory = Path(name)
        depth = len(directory.relative_to(folder).parts)
        inner[:] = sorted(inner) if depth < MAX_DEPTH else []
        paths = [directory / each for each in sorted(names)]
        paths = [path for path in paths if path.suffix.lower() in {*PEM, JSON}]
        yield paths[:left]
        left -= 1 + len(paths)
        if left < 0:
            problems.append(Candidate(_place(folder), "", TOO_MANY))
            return


def _is_directory(folder: Path) -> bool:
    try:
        folder.stat()
    except OSError as error:
        raise _unable(folder, error) from None
    return folder.is_dir()


def _read(path: Path) -> Candidate:
    place = _place(path)
    try:
        found = path.stat()
        # Reading a pipe would never end.
        if not stat.S_ISREG(found.st_mode):
            return Candidate(place, "")
        if found.st_size > LARGEST:
            return Candidate(place, "", "is larger than 1 MiB, and was not looked at")
        return Candidate(place, files.read(path) or "")
    except FileNotFoundError:
        return Candidate(place, "", _dangling(path))
    except OSError as error:
        return Candidate(place, "", _why(error))


def _dangling(path: Path) -> str:
    if not path.is_symlink():
        return "was there a moment ago: try again"
    return (
        f"is a link to {_place(path.readlink())}, which can't be seen from here:"
        " give a folder that holds both, of certbot all of /etc/letsencrypt, not live/"
    )


def _place(name: Path | str) -> str:
    # Never cut a path: the system's own limit is 4096.
    return shown(str(name), most=5000)


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "this user may not read it: run this as root"
    return f"can't be read: {error.strerror}"


def _unable(folder: Path, error: OSError) -> UnableError:
    return UnableError(f"{_place(folder)}: {_why(error)}")


# --- Keys with their certificates -----------------------------------------------------


def _pairs(texts: Mapping[Path, str]) -> Iterator[Candidate]:
    """Yield each key in *texts*, the PEM files of one directory, with certificates."""
    keys = {path for path, text in texts.items() if "PRIVATE KEY-----" in text}
    whole = {path for path in keys if "BEGIN CERTIFICATE-----" in texts[path]}
    certificates = [path for path in texts if path not in keys]
    for path in sorted(whole):
        yield Candidate(_place(path), texts[path])
    for key in sorted(keys - whole):
        # The only key of a directory belongs to all certificates in it, as certbot's.
        alone = len(keys) == 1
        beside = [path for path in certificates if alone or path.stem == key.stem]
        if beside:
            place = beside[0] if len(beside) == 1 else key.parent
            joined = "\n".join(texts[path] for path in [key, *beside])
            yield Candidate(_place(place), joined)


def _from_traefik(path: Path, text: str) -> Iterator[Candidate]:
    for entry in traefik.entries(text):
        place = _place(f"{path} ({entry.label})")
        if entry.pem:
            yield Candidate(place, entry.pem)
        else:
            yield Candidate(place, "", NOT_TRAEFIK)
