"""
Decides how mail to a destination has to be protected.

TLSA records are proven: by them, and not at all if they don't hold. It can't be found
out whether there are any: mail waits. There are none: as the domain's MTA-STS policy
says. A policy never stands in for TLSA records (RFC 8461, section 2).
"""

import logging

from socketmap_server.reply import Reply, found, not_found, temporary

from tls_policy.config import Config
from tls_policy.dane import proven_host
from tls_policy.destination import Destination, destination
from tls_policy.dns_lookup import Ask, UnansweredError
from tls_policy.sts.cache import CacheError
from tls_policy.sts.policies import Policies

_log = logging.getLogger(__name__)


class Answers:
    """What Postfix is answered, by *config*, which may change."""

    def __init__(self, config: Config, ask: Ask, policies: Policies) -> None:
        self.config = config
        self._ask = ask
        self._policies = policies

    async def about(self, key: str) -> Reply:
        """Return the policy for *key*, a next hop; none is Postfix's own level."""
        to = destination(key)
        if to is None:
            return not_found()
        try:
            return await self._decide(to)
        except UnansweredError as error:
            _log.info("%s: mail waits: %s", to.name, error)
            return temporary(f"{to.name}: {error}")
        except CacheError as error:
            _log.error("%s: mail waits: %s", to.name, error)
            return temporary(f"{to.name}: {error}")

    async def _decide(self, to: Destination) -> Reply:
        if self.config.dane and (host := await proven_host(to, self._ask)):
            _log.info("%s: DANE: a TLSA record is proven for %s", to.name, host)
            return found("dane-only")
        policy = None if to.is_host else await self._policies.of(to.name)
        if policy and policy.mode == "enforce":
            _log.info("%s: MTA-STS: mx %s", to.name, " ".join(policy.mx))
            return found(policy.attributes(to.name))
        _log.debug("%s: it asks for no protection", to.name)
        return not_found()
