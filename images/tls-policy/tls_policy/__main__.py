"""Starts the service on a configuration: `python3 -m tls_policy [--check] FILE`."""

import asyncio
import logging
import signal
import sys
from pathlib import Path

import dns.asyncresolver
from milter_runtime.config_file import ConfigError
from milter_runtime.log import printable
from socketmap_server.listener import unix_listener
from socketmap_server.reply import Reply, found, temporary
from socketmap_server.server import Limits, serve

from tls_policy.answer import Answers
from tls_policy.config import Config, load
from tls_policy.dns_lookup import new_ask
from tls_policy.health import MAP, SOCKET
from tls_policy.sts.cache import Cache, CacheError
from tls_policy.sts.fetch import new_fetch
from tls_policy.sts.policies import Policies

_CACHE = Path("/var/lib/tls-policy/policies.db")
# A question of Postfix is a domain. The look-ups about one take up to 50 seconds, and
# Postfix waits for 100.
_LIMITS = Limits(request=1000, at_once=200, answer=60)
_REFRESH_EVERY = 3600  # seconds

_log = logging.getLogger("tls_policy")


class _OneLine(logging.Formatter):
    """Writes each record as one line: strangers choose parts of it."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return printable(text) if record.exc_info is None else text


def main(arguments: list[str]) -> None:
    """Check or run the configuration whose path is the last of *arguments*."""
    path = Path(arguments[-1])
    try:
        config = load(path)
    except ConfigError as error:
        sys.exit(str(error))
    if "--check" in arguments:
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_OneLine("%(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    asyncio.run(run(path, config))


async def run(path: Path, config: Config) -> None:
    """Serve with *config*, read from *path*, until SIGTERM; SIGHUP reads it again."""
    # That of this container.
    ask = new_ask(dns.asyncresolver.Resolver())
    cache = Cache(_CACHE)
    policies = Policies(cache, ask, new_fetch())
    answers = Answers(config, ask, policies)
    in_use = path.resolve()

    async def answer(map_name: str, key: str) -> Reply:
        if map_name != MAP:
            return await answers.about(key)
        try:
            await asyncio.to_thread(cache.get, "health.invalid", 0)
        except CacheError as error:
            return temporary(str(error))
        return found(str(in_use))

    def reload() -> None:
        nonlocal in_use
        try:
            answers.config = load(path)
        except ConfigError as error:
            # hooks/check has accepted it, so the file has disappeared since.
            _log.error("not reloaded: %s", error)
            return
        in_use = path.resolve()
        _set_level(answers.config)
        _log.info("reloaded")

    _set_level(config)
    loop = asyncio.get_running_loop()
    serving = asyncio.ensure_future(serve(unix_listener(SOCKET), answer, _LIMITS))
    loop.add_signal_handler(signal.SIGHUP, reload)
    loop.add_signal_handler(signal.SIGTERM, serving.cancel)
    refreshing = asyncio.ensure_future(_refresh(policies))
    _log.info("listening on %s", SOCKET)
    try:
        await serving
    except asyncio.CancelledError:
        _log.info("stopped")
    finally:
        refreshing.cancel()


async def _refresh(policies: Policies) -> None:
    while True:
        try:
            await policies.refresh()
        except CacheError as error:
            _log.error("policies are not fetched again: %s", error)
        await asyncio.sleep(_REFRESH_EVERY)


def _set_level(config: Config) -> None:
    _log.setLevel(logging.DEBUG if config.debug else logging.INFO)


main(sys.argv[1:])
