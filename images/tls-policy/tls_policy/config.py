"""The configuration of the service: a file of `key = value`."""

from dataclasses import dataclass
from pathlib import Path

from milter_runtime.config_file import one_of, read, settings

_KINDS = {"dane": one_of("yes", "no"), "log_level": one_of("info", "debug")}


@dataclass(frozen=True)
class Config:
    """What the operator decides."""

    dane: bool
    """Whether our resolver checks DNSSEC. If it doesn't, no TLSA record is proof."""

    debug: bool
    """Whether each decision is logged, and not only those that protect."""


def load(path: Path) -> Config:
    """
    Return the configuration in *path*.

    Raises:
        ConfigError: A key is missing, unknown, or set to what it can't be.
    """
    found = settings(read(path), str(path), _KINDS)
    return Config(found["dane"] == "yes", found["log_level"] == "debug")
