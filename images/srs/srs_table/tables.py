"""
The tables that Postfix asks (config/postfix/main.cf.j2), by their names.

    sender      the sender of forwarded mail → the address that takes its place
    recipient   a recipient that looks like SRS → what smtpd answers (access(5))
    returned    the same → the first sender, to whom a bounce goes
"""

import time
from pathlib import Path

from socketmap_server.reply import Reply, found, not_found, permanent

from srs_table.address import Address
from srs_table.config import load, load_secrets
from srs_table.scheme import ExpiredError, ForgedError, Scheme

FORGED = "550 5.1.1 This return address was not made here"
EXPIRED = "550 5.1.1 This return address has expired"


class Tables:
    """The answers, by the configuration and the secrets of the moment."""

    def __init__(self, config: Path, secrets: Path) -> None:
        self._config = config
        self._secrets = secrets

    @property
    def scheme(self) -> Scheme:
        """
        How senders are rewritten now. Both files are small, and read each time.

        Raises:
            ConfigError: One of them is wrong, or can't be read.
        """
        config = load(self._config)
        secrets = load_secrets(self._secrets)
        return Scheme(config.domain, secrets, config.max_age, time.time)

    async def answer(self, table: str, key: str) -> Reply:
        """
        Answer Postfix.

        Raises:
            ConfigError: The configuration is wrong, or can't be read: mail waits.
        """
        ask = {
            "sender": sender,
            "recipient": recipient,
            "returned": returned,
        }.get(table)
        if not ask:
            return permanent(f"no table is called {table!a}")
        try:
            address = Address.of(key)
        except ValueError:
            return not_found()
        return ask(self.scheme, address)


def sender(scheme: Scheme, address: Address) -> Reply:
    """Return what takes the place of the sender *address*, unless it is SRS of ours."""
    if scheme.is_ours(address):
        return not_found()
    return found(str(scheme.forward(address)))


def recipient(scheme: Scheme, address: Address) -> Reply:
    """Permit a bounce to *address*, which looks like SRS, or refuse it."""
    try:
        _first_sender(scheme, address)
    except ForgedError:
        return found(FORGED)
    except ExpiredError:
        return found(EXPIRED)
    return found("OK")


def returned(scheme: Scheme, address: Address) -> Reply:
    """Return the first sender."""
    try:
        return found(str(_first_sender(scheme, address)))
    except (ForgedError, ExpiredError):
        return not_found()


def _first_sender(scheme: Scheme, address: Address) -> Address:
    if not scheme.is_ours(address):
        raise ForgedError
    return scheme.reverse(address)
