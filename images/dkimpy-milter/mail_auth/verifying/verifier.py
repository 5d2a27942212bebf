"""Mode v: writes what SPF, DKIM, DMARC and ARC prove into Authentication-Results."""

import Milter

from mail_auth.dkim.key_lookup import KeyFinder
from mail_auth.dkim.verification import verdicts
from mail_auth.dns.resolver import Resolver
from mail_auth.headers.authentication_results import authentication_results
from mail_auth.headers.author_domains import HiddenAuthorError, domains
from mail_auth.milter.base import RawBytesMilter
from mail_auth.milter.refusal import RefusalError, deferred
from mail_auth.verifying import arc
from mail_auth.verifying.dmarc import results
from mail_auth.verifying.dmarc.evaluation import (
    Author,
    Evaluation,
    Identifier,
    evaluate,
)
from mail_auth.verifying.spf import check as check_spf

_HEADER = "Authentication-Results"


@Milter.header_leading_space
class Verifier(RawBytesMilter):
    """
    Adds an Authentication-Results to every message: readers can rely on it.

    Its parts are spf, dkim (one for each signature), dmarc and arc. A message that
    DMARC rejects is refused, as far as DMARCPolicy says.
    """

    helo = ""

    def hello(self, name: str) -> int:
        """Remember how the client calls itself."""
        self.helo = name
        return int(Milter.CONTINUE)

    def judge(self) -> None:
        """Evaluate the message and add the results; raises RefusalError."""
        resolver = Resolver(self.conf["DNSTimeout"])
        keys = KeyFinder(resolver, self.conf["MinimumKeyBits"])
        # Before the names that the sender chose, which could use up the time.
        authors = self._authors(resolver)
        message = self.fp.getvalue()
        sender = self.mailfrom.removeprefix("<").removesuffix(">")
        spf = check_spf(self.connectip, self.helo, sender, resolver)
        signatures = verdicts(message, keys)
        chain = arc.verify(message, keys)

        identifiers = [Identifier("spf", spf.domain, spf.result)]
        identifiers += [
            Identifier("dkim", each.tags.get("d", ""), each.result)
            for each in signatures
        ]
        evaluations = _evaluated(authors, identifiers)
        enforcement = self.conf["Enforcement"]
        dmarc = enforcement.decide(evaluations, identifiers, chain)
        found = [spf, *signatures, dmarc, chain]
        for verdict in found:
            self.log(str(verdict))
        words = {each.result for each in evaluations}
        words |= {each.result for each in identifiers}
        if ("temperror" in words or chain.unanswered) and not resolver.is_alive():
            raise deferred("Our name server does not answer, try again later", "4.4.3")
        refusal = enforcement.refusal(dmarc, chain)
        judged = results.Judged(
            self.connectip, sender, spf, signatures, dmarc, enforcement.mode
        )
        self._tell(authors or [], evaluations, judged, refusal)
        if refusal:
            raise refusal
        self._remove_forged()
        self.addheader(_HEADER, authentication_results(self.AuthservID, found))

    def _authors(self, resolver: Resolver) -> list[Author] | None:
        try:
            return [Author(each, resolver) for each in domains(self.values("from"))]
        except HiddenAuthorError as error:
            self.log(str(error))
            return None

    def _tell(
        self,
        authors: list[Author],
        evaluations: list[Evaluation],
        judged: results.Judged,
        refusal: RefusalError | None,
    ) -> None:
        """Tell the report-sender, unless the message is going to come once more."""
        place = self.conf["ReportSocket"]
        if not (place and authors) or (refusal and refusal.code[0] == "4"):
            return
        if lost := results.tell(place, results.results(authors, evaluations, judged)):
            self.log(f"not counted for DMARC reports: {lost}")

    def _remove_forged(self) -> None:
        """Remove what claims to be ours (RFC 8601, section 5), should any get here."""
        ours = self.AuthservID.lower().encode()
        values = self.values(_HEADER.lower())
        # From the last: a removal renumbers those after it.
        for number, value in reversed(list(enumerate(values, 1))):
            if ours in value.lower():
                self.chgheader(_HEADER, number, "")


def _evaluated(
    authors: list[Author] | None, identifiers: list[Identifier]
) -> list[Evaluation]:
    if authors is None:
        # The domain of the hidden author may have p=reject.
        return [Evaluation("", "permerror", "absent", wanted="reject")]
    if not authors:
        return [Evaluation("", "permerror", "absent")]
    return evaluate(authors, identifiers)
