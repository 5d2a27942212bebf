"""The state of each certificate's renewal, in var/acme/state.json."""

from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stack.system import files
from stack.system.errors import UnableError
from stack.system.project import Project

# An ACME authority, IMPORT_FOLDER, or files that the operator imports.
Source = Literal["authority", "folder", "operator"]


class Failure(BaseModel):
    """Renewals that have failed in a row, and when to try again."""

    reason: str
    since: datetime
    """When the first of them failed, in UTC."""
    count: int
    """How many have failed."""
    retry_at: datetime


class PendingRollover(BaseModel):
    """A new key that is not served until caches have dropped the old TLSA records."""

    reason: str
    ttl: int
    """Seconds for which resolvers may cache the old records."""
    seen_at: datetime | None
    """When the record for the new key was first seen in the DNS, in UTC."""


class CertificateState(BaseModel):
    """The state of one certificate."""

    model_config = ConfigDict(populate_by_name=True)

    failure: Failure | None = None
    pending_rollover: PendingRollover | None = Field(default=None, alias="hold")
    mailed_on: date | None = None
    """The day of the last notice to the postmaster."""
    comes_from: Source | None = None
    """Where the next one comes from; None: not recorded."""
    by_web: bool = False
    """Whether the service web serves it, and not the mail ports."""


class State(BaseModel):
    """The content of the file."""

    certificates: dict[str, CertificateState] = Field(default_factory=dict)
    authority_names: dict[str, list[str]] = Field(default_factory=dict)
    """The CAA names (RFC 8659) of each authority, by the URL of its directory."""

    def of(self, name: str) -> CertificateState:
        """Return the state of the certificate *name*, to be changed; new if none."""
        return self.certificates.setdefault(name, CertificateState())


def load(project: Project) -> State:
    """
    Read the file; an empty state if there is none yet.

    Raises:
        UnableError: When its content is not of this form.
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
    """Write *state* to the file."""
    project.write(_path(project), state.model_dump_json(indent=2, by_alias=True) + "\n")


def _path(project: Project) -> Path:
    return project.acme / "state.json"
