"""What a validating resolver says of a few names, for the service tls-policy."""

from collections.abc import Mapping

import dns.rdata
from tls_policy.dns_lookup import Answer, UnansweredError

FAILS = "fails"
"""In the place of records: no answer, or one that DNSSEC proves wrong."""


class Names:
    """
    Knows the records of *signed* and *unsigned* names, by "NAME TYPE".

    What is in neither is proven not to be there. An alias is written `CNAME name`.
    """

    def __init__(
        self,
        signed: Mapping[str, list[str] | str] | None = None,
        unsigned: Mapping[str, list[str] | str] | None = None,
    ) -> None:
        self.signed = dict(signed or {})
        self.unsigned = dict(unsigned or {})
        self.asked: list[str] = []

    async def ask(self, name: str, kind: str) -> Answer:
        """Answer as the resolver of tls-policy does."""
        key = f"{name} {kind}"
        self.asked.append(key)
        known = {**self.unsigned, **self.signed}.get(key, [])
        if known == FAILS:
            raise UnansweredError(f"{kind} of {name}: no answer")
        alias = next((text for text in known if text.startswith("CNAME ")), "")
        if alias:
            led_to = alias.removeprefix("CNAME ")
            answer = await self.ask(led_to, kind)
            return answer._replace(is_secure=answer.is_secure and key in self.signed)
        records = [dns.rdata.from_text("IN", kind, text) for text in known]
        return Answer(records, key not in self.unsigned, name)
