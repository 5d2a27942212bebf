"""The configuration of the receiver, reports.toml."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

FILE = "reports.toml"


class Configuration(NamedTuple):
    """What `stack` renders for the receiver."""

    server: str
    """The name by which dkim-verify calls itself in Authentication-Results."""
    keep_days: int
    """Days from the end of what a report is about."""
    domains: frozenset[str]
    """Our domains, in lower case and as A-labels."""

    def is_ours(self, domain: str) -> bool:
        """
        Say whether *domain* is one of ours, our server, or below one of them.

        A TLS report on mail by DANE is about the server (RFC 8460, section 1.1).
        """
        ours, labels = {*self.domains, self.server}, domain.split(".")
        return any(".".join(labels[n:]) in ours for n in range(len(labels)))


def load(folder: Path) -> Configuration:
    """
    Read reports.toml in *folder*.

    Raises:
        ValueError: It is not TOML, or a key is missing, unknown or of the wrong type.
        OSError: It can't be read.
    """
    path = folder / FILE
    try:
        found = tomllib.loads(path.read_text())
    except ValueError as error:
        line = re.search(r"\(at line (\d+),", str(error))
        raise ValueError(f"{path}:{line[1] if line else 1}: {error}") from None
    kinds = {"server": str, "keep_days": int, "domains": list}
    for name in kinds.keys() | found.keys():
        if name not in kinds:
            raise ValueError(f"{path}: {name!r} is not a setting")
        if type(found.get(name)) is not kinds[name]:
            raise ValueError(f"{path}: {name} must be a {kinds[name].__name__}")
    if not all(isinstance(each, str) and each for each in found["domains"]):
        raise ValueError(f"{path}: domains must be names")
    if found["keep_days"] < 1:
        raise ValueError(f"{path}: keep_days must be 1 or more")
    return Configuration(
        found["server"].lower(), found["keep_days"], frozenset(found["domains"])
    )
