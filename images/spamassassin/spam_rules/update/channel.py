"""One channel of rules: fetched and verified by sa-update(1)."""

import shutil
from pathlib import Path

from spam_rules.config import OFFICIAL
from spam_rules.sets import Sets, channel_file
from spam_rules.update.command import FailedError, last_words, run

KEYS = Path("/tmp/keys")  # noqa: S108 - a tmpfs of this container alone
NOTHING_NEW = 1


def update(channel: str, own_keys: Path) -> bool:
    """
    Bring the set that is being made up to date with *channel*. Return whether it was.

    What comes must be signed by the channel's own key: that of SpamAssassin comes
    with the package, those of others are *own_keys*/CHANNEL.asc. Each has a keyring
    of its own, as sa-update takes any key it knows for any channel.

    Raises:
        FailedError: It can't be fetched, or is not signed by the channel's key.
    """
    home = KEYS / channel
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700, parents=True)
    command = ["sa-update", f"--gpghomedir={home}", f"--channel={channel}"]
    if channel != OFFICIAL:
        command += trust(home, own_keys / f"{channel}.asc")
    done = run(command)
    if b"GPG validation failed" in done.stderr:
        # What sa-update says of it is advice to trust whoever has signed.
        raise FailedError(f"{channel}: GPG validation failed: not signed by its key")
    if done.returncode not in (0, NOTHING_NEW):
        # gpg misses its agent, which only private keys need.
        lines = done.stderr.splitlines()
        said = [line for line in lines if not line.startswith(b"gpg: ")]
        raise FailedError(f"{channel}: {last_words(done.stdout, *said)}")
    return done.returncode == 0


def trust(home: Path, key: Path) -> list[str]:
    """
    Put *key* into the keyring *home*, and return the options that have it trusted.

    Raises:
        FailedError: When there is no key in the file, or no file.
    """
    if not key.is_file():
        raise FailedError(f"its key is missing: put it into var/spam/keys/{key.name}")
    run(["sa-update", f"--gpghomedir={home}", f"--import={key}"])
    listed = run(["gpg", f"--homedir={home}", "--with-colons", "--list-keys"])
    lines = [line.split(":") for line in listed.stdout.decode().splitlines()]
    prints = [fields[9] for fields in lines if fields[0] == "fpr"]
    if not prints:
        raise FailedError(f"var/spam/keys/{key.name} holds no key")
    return [f"--gpgkey={each}" for each in prints]


def remove_others(sets: Sets, channels: tuple[str, ...]) -> bool:
    """Take what isn't from *channels* out of the next set. Return whether there was."""
    wanted = {channel_file(channel) for channel in channels}
    found = [
        path for path in sets.rules(sets.next).iterdir() if path.stem not in wanted
    ]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return bool(found)
