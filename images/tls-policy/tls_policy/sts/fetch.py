"""
Fetches a policy, by the resolver of postfix-mta-sts-resolver.

It verifies the certificate of the policy's host, follows no redirect, and takes text of
at most 64 KiB.
"""

import asyncio
import re
from functools import cache
from typing import TYPE_CHECKING

from tls_policy.sts.policies import Fetch
from tls_policy.sts.policy import Policy, PolicyError

if TYPE_CHECKING:
    from postfix_mta_sts_resolver.resolver import STSResolver

# RFC 8461, section 3.1.
_ID = re.compile("[A-Za-z0-9]{1,32}")
# Seconds for the record in the DNS, and as many for the policy.
_SECONDS = 10


def new_fetch() -> Fetch:
    """Return what fetches policies. To be called where an event loop runs."""
    loop = asyncio.get_running_loop()

    @cache
    def resolver() -> "STSResolver":
        from postfix_mta_sts_resolver.resolver import STSResolver

        return STSResolver(timeout=_SECONDS, loop=loop)

    async def fetch(domain: str, known_id: str | None) -> tuple[str, Policy] | None:
        # Loaded for the first domain with a policy: its HTTP client takes 9 MiB.
        from postfix_mta_sts_resolver.resolver import STSFetchResult

        result, found = await resolver().resolve(domain, known_id)
        if result is STSFetchResult.NOT_CHANGED:
            return None
        if result is STSFetchResult.NONE:
            raise PolicyError(f"TXT of _mta-sts.{domain} is not one valid record")
        if found is None:
            raise PolicyError(
                f"https://mta-sts.{domain}/.well-known/mta-sts.txt has no valid policy"
            )
        id, fields = found
        if not _ID.fullmatch(id):
            raise PolicyError(f"TXT of _mta-sts.{domain} has no valid id")
        return id, Policy.of(fields)

    return fetch
