"""Data of the version before stack/ had its wings, and what it means to people."""

import tarfile
from pathlib import Path

# .env and var/ as the commands of 0.1.0 wrote them, with owners and modes: `stack init`
# with the names of settings as they were, `stack domain add other.example old.example`,
# two users, aliases, an alias domain, a right to send, a threshold, a blocked sender
# and the login to a relay.
ARCHIVE = Path(__file__).with_name("version-0.1.0.tar.gz")

PASSWORD = "correct horse battery"

# What stands in .env there, and what is to be written in its place.
RENAMED = {
    "ACME_DNS_WAIT=90": "ACME_DNS_PROPAGATION_SECONDS=90",
    "CLIENT_EXCEPTIONS=192.0.2.7,198.51.100.0/24": (
        "POSTSCREEN_ALLOWLIST=192.0.2.7,198.51.100.0/24"
    ),
    "RESOLVER_NETWORK=172.29.36": (
        "RESOLVER_NETWORK=172.29.36.0/24\nRESOLVER_ADDRESS=172.29.36.53"
    ),
}


def unpack(folder: Path) -> None:
    """Put .env and var/ of 0.1.0 into the project *folder*; needs root for owners."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="tar")


def rename(env: Path) -> None:
    """Write the settings in *env* by their names of today, as an operator would."""
    text = env.read_text()
    for old, new in RENAMED.items():
        text = text.replace(old, new)
    env.write_text(text)
