"""What is remembered of each certificate between two looks, in var/acme/state.json."""

from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stack.system import files
from stack.system.errors import UnableError
from stack.system.project import Project

# An authority, IMPORT_FOLDER, or the operator with other files in hand.
Source = Literal["authority", "folder", "operator"]


class Failure(BaseModel):
    """A renewal that didn't succeed, and when to try again."""

    reason: str
    since: datetime
    """When the first of them failed, with no success in between."""
    count: int
    """How often it has failed since."""
    retry_at: datetime


class PendingRollover(BaseModel):
    """A certificate that waits for its TLSA record to be known everywhere."""

    reason: str
    ttl: int
    """The longest time, in seconds, that others may remember the records before."""
    seen_at: datetime | None
    """Since when the record for the new key has been published."""


class CertificateState(BaseModel):
    """What is remembered of one certificate."""

    model_config = ConfigDict(populate_by_name=True)

    failure: Failure | None = None
    pending_rollover: PendingRollover | None = Field(default=None, alias="hold")
    mailed_on: date | None = None
    """The day on which the postmaster was last told of trouble."""
    comes_from: Source | None = None
    """Who has the next one; not known of what was there before this was remembered."""


class State(BaseModel):
    """What is remembered of all of them."""

    certificates: dict[str, CertificateState] = Field(default_factory=dict)
    authority_names: dict[str, list[str]] = Field(default_factory=dict)
    """What each authority, by its directory, calls itself in CAA records (RFC 8659)."""

    def of(self, name: str) -> CertificateState:
        """Return what is remembered of the certificate *name*, to be changed."""
        return self.certificates.setdefault(name, CertificateState())


def load(project: Project) -> State:
    """
    Read it; nothing is remembered where there is no file yet.

    Raises:
        UnableError: When the file isn't ours.
    """
    path = _path(project)
    text = files.read(path)
    if text is None:
        return State()
    try:
        return State.model_validate_json(text)
    except ValidationError:
        raise UnableError(
            f"{path}: is not as stack writes it: delete it, it will be made again"
        ) from None


def save(project: Project, state: State) -> None:
    """Write it."""
    project.write(_path(project), state.model_dump_json(indent=2, by_alias=True) + "\n")


def _path(project: Project) -> Path:
    return project.acme / "state.json"
