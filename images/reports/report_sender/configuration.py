"""The configuration of the sender, report-sender.toml."""

import tomllib
from pathlib import Path
from typing import NamedTuple

FILE = "report-sender.toml"


class Configuration(NamedTuple):
    """What `stack` renders for the sender."""

    domain: str
    """Whose reports they are; with postmaster@ before it, whom to ask about them."""
    server: str
    """The name of this server, for Message-IDs."""
    dmarc: bool
    """Whether DMARC reports are sent."""
    tls: bool
    """Whether TLS reports are sent."""
    domains: list[str]
    """Our domains, as A-labels in lower case."""

    @property
    def contact(self) -> str:
        """The address that answers questions about reports."""
        return f"postmaster@{self.domain}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of reports that are sent."""
        return tuple(kind for kind in ("dmarc", "tls") if getattr(self, kind))


def load(folder: Path) -> Configuration:
    """
    Read report-sender.toml in *folder*.

    Raises:
        ValueError: It is not TOML, or a key is missing, unknown or of the wrong type.
        OSError: It can't be read.
    """
    path = folder / FILE
    try:
        found = tomllib.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    kinds = {"domain": str, "server": str, "dmarc": bool, "tls": bool, "domains": list}
    for name in [*kinds, *found]:
        if name not in kinds:
            raise ValueError(f"{path}: {name!r} is not a setting")
        if type(found.get(name)) is not kinds[name]:
            raise ValueError(f"{path}: {name} must be a {kinds[name].__name__}")
    return Configuration(**found)
