"""
Which keys of a domain sign, which are next, and which are retired.

A rotation records it beside the keys, in var/dkim/DOMAIN/state.json. Without that file
the newest keys sign, and there are no others.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from stack.dns.dkim import keys
from stack.system import files
from stack.system.errors import UnableError

FILE = "state.json"

# A message waits five days at most in our queue (maximal_queue_lifetime in postconf(5))
# and some hours more at its recipient's, before its signature is verified.
RETIRED_FOR = timedelta(days=7)

# They become names of files.
RsaSelector = Annotated[str, Field(pattern=r"^(rsa-[0-9]{6}[b-z]?)?$")]
Ed25519Selector = Annotated[str, Field(pattern=r"^(ed25519-[0-9]{6}[b-z]?)?$")]


@dataclass(frozen=True, order=True)
class SigningKeys:
    """The selectors of the two keys that sign for *domain*, for the templates."""

    domain: str
    rsa_selector: str
    ed25519_selector: str


class Pair(BaseModel, frozen=True, extra="forbid"):
    """The selectors of an RSA and an Ed25519 key; empty: no such key."""

    rsa: RsaSelector
    ed25519: Ed25519Selector
    since: datetime | None = None
    """Since when they have been in this phase, in UTC; None: not recorded."""

    def files(self, home: Path) -> tuple[Path, Path]:
        """Return the files of both keys in *home*, the directory of their domain."""
        return keys.rsa_file(home, self.rsa), keys.ed25519_file(home, self.ed25519)

    def names(self, domain: str) -> list[str]:
        """Return the names of both DNS records, below *domain*."""
        return [record_name(each, domain) for each in (self.rsa, self.ed25519)]

    def records_of(self, home: Path) -> dict[str, str]:
        """
        Return the text of each DNS record by its selector, from the files in *home*.

        Raises:
            UnableError: When a key is missing or can't be read as one.
        """
        if not (self.rsa and self.ed25519):
            raise UnableError(f"{home}: has not both DKIM keys yet: run `stack init`")
        rsa, ed25519 = self.files(home)
        return {
            self.rsa: keys.rsa_record(rsa),
            self.ed25519: keys.ed25519_record(ed25519),
        }


class RetiredPair(Pair, frozen=True):
    """Keys that sign no more. Their records stay published for a while."""

    since: datetime
    """Since when they sign no more, in UTC."""
    records: dict[str, str]
    """The text of each by its selector: the private keys are destroyed."""

    @property
    def needed_until(self) -> datetime:
        """When no mail that they have signed is on its way any more."""
        return self.since + RETIRED_FOR


class DomainKeys(BaseModel, frozen=True, extra="forbid"):
    """All keys of one domain, by phase."""

    signing: Pair
    next: Pair | None = None
    """Keys that wait until every name server shows their records."""
    retired: tuple[RetiredPair, ...] = ()

    def selectors(self, domain: str) -> SigningKeys:
        """Return what the signer's tables name for *domain*."""
        return SigningKeys(domain, self.signing.rsa, self.signing.ed25519)

    @property
    def known(self) -> list[str]:
        """The selectors of all phases."""
        pairs = [self.signing, *([self.next] if self.next else []), *self.retired]
        return [each for pair in pairs for each in (pair.rsa, pair.ed25519)]

    @property
    def text(self) -> str:
        """What stands in the file."""
        return self.model_dump_json(indent=2) + "\n"


def record_name(selector: str, domain: str) -> str:
    """Return the name of a key's DNS record (RFC 6376 §3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"


def path(directory: Path, domain: str) -> Path:
    """Return the file with the state of *domain*."""
    return directory / domain / FILE


def load(directory: Path, domain: str) -> DomainKeys:
    """
    Return the keys of *domain* in *directory*.

    Raises:
        UnableError: When the file is not as `stack` writes it.
    """
    place = path(directory, domain)
    text = files.read(place)
    if text is None:
        found = files.names(directory / domain)
        rsa, ed25519 = (keys.newest(each, found) for each in (keys.RSA, keys.ED25519))
        return DomainKeys(signing=Pair(rsa=rsa, ed25519=ed25519))
    try:
        return DomainKeys.model_validate_json(text)
    except ValidationError:
        raise UnableError(
            f"{place}: is not as stack writes it: restore it from a backup, or delete"
            " it, then the newest keys beside it sign"
        ) from None
