"""Finds the policy of a domain: the one it publishes, or else the one it had."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from tls_policy.dns_lookup import Ask, UnansweredError
from tls_policy.sts.cache import Cache, CacheError, Stored
from tls_policy.sts.policy import Policy, PolicyError

# Seconds. What was found out about a domain holds for so long without another look.
LOOK_AGAIN = 60
# After so many, a policy is fetched again, though its id in the DNS is the same.
FETCH_AGAIN = 86400
# How many domains a look is remembered of.
_MOST_LOOKS = 20_000

Fetch = Callable[[str, str | None], Awaitable[tuple[str, Policy] | None]]
"""
From a domain and the id that is known: the id and the policy, or None if it is still
the known one. Raises PolicyError if there is none that can be used.
"""

_log = logging.getLogger(__name__)


class Policies:
    """The policies of all domains."""

    def __init__(
        self,
        cache: Cache,
        ask: Ask,
        fetch: Fetch,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._cache = cache
        self._ask = ask
        self._fetch = fetch
        self._now = now
        self._looked: OrderedDict[str, float] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, domain: str) -> Policy | None:
        """
        Return the policy that holds for *domain*, or None if it has none.

        What can't be fetched changes nothing: a known policy holds until its max_age
        is over (RFC 8461, section 5.1).

        Raises:
            UnansweredError: None is known, and whether there is one can't be looked up.
            CacheError: Whether one is known can't be read.
        """
        lock = self._locks.setdefault(domain, asyncio.Lock())
        async with lock:
            stored = await asyncio.to_thread(self._cache.get, domain, self._now())
            if self._now() - self._looked.get(domain, 0) >= LOOK_AGAIN:
                stored = await self._look(domain, stored)
            return stored.policy if stored else None

    async def refresh(self) -> None:
        """
        Fetch the policies again that are older than a day.

        Otherwise whoever can keep us from fetching one only has to wait until nobody
        has written to the domain for its max_age (RFC 8461, section 10.2).
        """
        before = self._now() - FETCH_AGAIN
        for domain in await asyncio.to_thread(self._cache.fetched_before, before):
            try:
                await self.of(domain)
            except UnansweredError as error:
                _log.info("%s: its policy is not fetched again: %s", domain, error)

    async def _look(self, domain: str, stored: Stored | None) -> Stored | None:
        """Return what holds for *domain* after a look at what it publishes."""
        try:
            has_record = await self._has_record(domain)
        except UnansweredError:
            if stored:
                return stored
            raise
        fresh = await self._fetched(domain, stored) if has_record else None
        if fresh is None or await self._is_kept(domain, fresh):
            self._remember(domain)
        return fresh or stored

    async def _fetched(self, domain: str, stored: Stored | None) -> Stored | None:
        """Return the policy that *domain* publishes, if there is a new one."""
        try:
            fetched = await self._fetch(domain, self._known_id(stored))
        except PolicyError as error:
            then = "the one it had holds" if stored else "it has none"
            _log.info(
                "%s: its MTA-STS policy can't be used, %s: %s", domain, then, error
            )
            return None
        return Stored(*fetched, self._now()) if fetched else None

    async def _has_record(self, domain: str) -> bool:
        answer = await self._ask(f"_mta-sts.{domain}", "TXT")
        texts = [b"".join(each.strings) for each in answer.records]
        return any(text.startswith(b"v=STSv1") for text in texts)

    def _known_id(self, stored: Stored | None) -> str | None:
        if stored and self._now() - stored.fetched < FETCH_AGAIN:
            return stored.id
        return None

    async def _is_kept(self, domain: str, stored: Stored) -> bool:
        """Keep the policy of *domain*; tell whether it was possible."""
        try:
            await asyncio.to_thread(self._cache.put, domain, stored)
        except CacheError as error:
            # It holds all the same. At the next question it is fetched again.
            _log.error("%s: its policy is not kept: %s", domain, error)
            return False
        return True

    def _remember(self, domain: str) -> None:
        self._looked[domain] = self._now()
        self._looked.move_to_end(domain)
        while len(self._looked) > _MOST_LOOKS:
            self._looked.popitem(last=False)
