"""Checks the files in var/tls, whoever has put them there."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from stack.certs import store
from stack.certs.validation import acceptance
from stack.system import files

# The rendered files that name certificates.
CONFIGURED = ("postfix/main.cf", "postfix/sni.texthash", "dovecot/dovecot.conf")
NAMED = re.compile(r"/tls/(\S+\.pem)")

MISSING = (
    "is missing, and the configuration in use names it: put it back from a backup, or"
    " get another with `stack cert issue`, `import` or `self-signed`"
)


def problems(tls: Path, etc: Path, hostname: str, now: datetime) -> dict[str, str]:
    """
    Return why clients or daemons would refuse a file in *tls*, by its name.

    Args:
        tls: The directory of the certificates.
        etc: The rendered configuration, which names them.
        hostname: MAIL_HOSTNAME, whose certificate is always needed.
        now: In UTC.
    """
    needed = {store.files_of(hostname)[0], *named(etc)}
    missing = {file: MISSING for file in needed if not files.exists(tls / file)}
    found = missing | store.unreadable(tls) | dict(_flaws(tls, now))
    return dict(sorted(found.items()))


def web_problems(web: Path, now: datetime) -> dict[str, str]:
    """Return why clients would refuse a file in *web*, by its name, *now* in UTC."""
    return dict(sorted((store.unreadable(web) | dict(_flaws(web, now))).items()))


def named(etc: Path) -> set[str]:
    """Return the files in var/tls that the configuration in *etc* names."""
    texts = (files.read(etc / name) or "" for name in CONFIGURED)
    return {file for text in texts for file in NAMED.findall(text)}


def _flaws(tls: Path, now: datetime) -> Iterator[tuple[str, str]]:
    for stored in store.usable(tls).values():
        for file, bundle in stored.bundles.items():
            if found := acceptance.flaws(bundle, stored.required_host, now):
                yield file, "; ".join(found)
