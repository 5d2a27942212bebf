"""
The phases of DKIM keys: next, then signing, then retired, then forgotten.

Each function takes the keys of a domain and returns them in their next phase. Nothing
is written here: a kill between two files leaves what signs as it was.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from stack.dns.dkim import keys, state
from stack.dns.dkim.state import DomainKeys, Pair, RetiredPair
from stack.system import files
from stack.system.errors import StackError


def ensure(
    directory: Path, domain: str, now: datetime, bits: int, known: DomainKeys
) -> tuple[DomainKeys, dict[Path, str]]:
    """
    Return the keys of *domain*, and the text of each file that is still missing.

    An existing key is never replaced: mail that it has signed may still be verified. A
    lost one gets a successor with another selector, as its record has another key. If
    one of the next keys is lost, there are none any more: the rotation begins anew.

    Args:
        directory: The keys of all domains.
        domain: Whose keys.
        now: In UTC.
        bits: The length of a new RSA key.
        known: What *domain* has, or will have when this is written.
    """
    home, new, signing = directory / domain, {}, known.signing
    rsa, ed25519 = signing.files(home)
    if not signing.rsa or not files.exists(rsa):
        signing = signing.model_copy(update={"rsa": f"rsa-{_stamp(known, now)}"})
        new[keys.rsa_file(home, signing.rsa)] = keys.new_rsa(bits)
    if not signing.ed25519 or not files.exists(ed25519):
        stamp = _stamp(known, now)
        signing = signing.model_copy(update={"ed25519": f"ed25519-{stamp}"})
        new[keys.ed25519_file(home, signing.ed25519)] = keys.new_ed25519()
    left = known.next if known.next and _are_there(home, known.next) else None
    found = known.model_copy(update={"signing": signing, "next": left})
    if found != known and files.exists(state.path(directory, domain)):
        new[state.path(directory, domain)] = found.text
    return found, new


def begun(
    directory: Path, domain: str, now: datetime, bits: int
) -> list[tuple[Path, str]]:
    """
    Return each file to write, in order, so that *domain* has next keys.

    What signs is recorded before there are newer keys, and the next ones are named
    when both are there: a kill in between changes nothing, and what it left behind is
    written over.

    Raises:
        StackError: When this month has no selectors left.
        UnableError: When a key that signs can't be read.
    """
    known, home = state.load(directory, domain), directory / domain
    known.signing.records_of(home)
    stamp = _stamp(known, now)
    pair = Pair(rsa=f"rsa-{stamp}", ed25519=f"ed25519-{stamp}", since=now)
    rsa, ed25519 = pair.files(home)
    return [
        (state.path(directory, domain), known.text),
        (rsa, keys.new_rsa(bits)),
        (ed25519, keys.new_ed25519()),
        (
            state.path(directory, domain),
            known.model_copy(update={"next": pair}).text,
        ),
    ]


def switched(directory: Path, domain: str, now: datetime) -> DomainKeys:
    """
    Return the keys of *domain* with the next ones signing, and those of now retired.

    Raises:
        StackError: When there are no next keys, or a key can't be read.
    """
    known = state.load(directory, domain)
    if not known.next:
        raise StackError(
            f"{domain} has no next DKIM keys: `stack dkim rotate {domain}`"
        )
    # A key that can't be read must not sign.
    known.next.records_of(directory / domain)
    old = known.signing
    retired = RetiredPair(
        rsa=old.rsa,
        ed25519=old.ed25519,
        since=now,
        records=old.records_of(directory / domain),
    )
    return DomainKeys(
        signing=known.next.model_copy(update={"since": now}),
        retired=(*known.retired, retired),
    )


def kept_private_keys(directory: Path, domain: str, known: DomainKeys) -> list[Path]:
    """Return the files of retired private keys that are still there."""
    home = directory / domain
    return [
        path
        for pair in known.retired
        for path in pair.files(home)
        if files.exists(path)
    ]


def out_of_use(
    directory: Path, domain: str, known: DomainKeys, now: datetime
) -> DomainKeys:
    """
    Return *known* with *now* as the end of those whose private keys are still there.

    The signer may have used them up to now: it was down, or refused its tables.
    """
    kept = kept_private_keys(directory, domain, known)
    home = directory / domain
    return known.model_copy(
        update={
            "retired": tuple(
                pair.model_copy(update={"since": now})
                if not set(kept).isdisjoint(pair.files(home))
                else pair
                for pair in known.retired
            )
        }
    )


def removable(
    directory: Path, domain: str, known: DomainKeys, now: datetime
) -> tuple[RetiredPair, ...]:
    """Return the retired keys whose records nobody needs any more."""
    kept, home = kept_private_keys(directory, domain, known), directory / domain
    return tuple(
        pair
        for pair in known.retired
        if now >= pair.needed_until and set(kept).isdisjoint(pair.files(home))
    )


def published(directory: Path, domain: str, now: datetime) -> dict[str, str]:
    """
    Return the text of each DNS record that *domain* needs, by its selector.

    The next keys' are to be published before they sign, the retired ones' stay for a
    while.

    Raises:
        UnableError: When a key is missing or can't be read as one.
    """
    known, home = state.load(directory, domain), directory / domain
    over = removable(directory, domain, known, now)
    records = known.signing.records_of(home)
    if known.next:
        records |= known.next.records_of(home)
    for pair in known.retired:
        records |= {} if pair in over else pair.records
    return records


def forgotten(known: DomainKeys, gone: Iterable[RetiredPair]) -> DomainKeys:
    """Return *known* without the retired keys that are *gone* from the DNS."""
    left = tuple(pair for pair in known.retired if pair not in list(gone))
    return known.model_copy(update={"retired": left})


def _are_there(home: Path, pair: Pair) -> bool:
    return all(map(files.exists, pair.files(home)))


def _stamp(known: DomainKeys, now: datetime) -> str:
    """Return the month, with a letter if a selector of it is *known*: 202611b."""
    month = f"{now:%Y%m}"
    stamps = [each.rpartition("-")[2] for each in known.known]
    letters = [each[6:] or "a" for each in stamps if each.startswith(month)]
    if not letters:
        return month
    if (last := max(letters)) == "z":
        raise StackError(
            f"there are 26 pairs of DKIM keys of {now:%Y-%m} already: rotate them again"
            " next month"
        )
    return month + chr(ord(last) + 1)
