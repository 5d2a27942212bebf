"""What is done with a message whose author's domain isn't proven."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mail_auth.dns.domain_names import ancestry
from mail_auth.milter.refusal import RefusalError, deferred, rejected
from mail_auth.verifying.arc import Chain, dmarc_passes
from mail_auth.verifying.dmarc.evaluation import Evaluation, Identifier, strictest

# What comes of the owner's request, by DMARCPolicy.
_DISPOSITIONS = {
    "off": {"none": "none", "quarantine": "none", "reject": "none"},
    "mark": {"none": "none", "quarantine": "quarantine", "reject": "quarantine"},
    "refuse": {"none": "none", "quarantine": "quarantine", "reject": "reject"},
}


class DMARCVerdict(NamedTuple):
    """
    An evaluation, and what is done with the message.

    Sieve scripts read these words: they are a contract. A stranger chooses nothing in
    them but the domain, which is checked to be a plain one.
    """

    evaluation: Evaluation
    disposition: str
    """none, quarantine (Sieve files it into Junk), or reject."""

    override: str = ""
    """arc or exempt: why the policy is not applied."""

    def __str__(self) -> str:
        _, result, policy, _, proven = self.evaluation
        proof = "proven" if proven else "unproven"
        override = f" override={self.override}" if self.override else ""
        domain = self.evaluation.domain
        header = f" header.from={domain}" if domain else ""
        return (
            f"dmarc={result} (p={policy} dis={self.disposition}"
            f" from={proof}{override}){header}"
        )


class Enforcement(NamedTuple):
    """Whether policies are applied, and who may override them."""

    mode: str
    """off, mark or refuse."""

    forwarders: frozenset[str] = frozenset()
    """Domains of trusted forwarders, which SPF or DKIM must prove."""

    sealers: frozenset[str] = frozenset()
    """Domains whose ARC seals are trusted."""

    def decide(
        self,
        evaluations: Sequence[Evaluation],
        identifiers: Iterable[Identifier],
        chain: Chain,
    ) -> DMARCVerdict:
        """Return what is to be done with the message, by one evaluation or more."""
        worst, override = strictest(evaluations), ""
        if worst.wanted != "none":
            override = self._override(evaluations, identifiers, chain)
        wanted = "none" if override else worst.wanted
        return DMARCVerdict(worst, _DISPOSITIONS[self.mode][wanted], override)

    def _override(
        self,
        evaluations: Iterable[Evaluation],
        identifiers: Iterable[Identifier],
        chain: Chain,
    ) -> str:
        proven = [each.domain for each in identifiers if each.result == "pass"]
        if any(self.forwarders & {*ancestry(domain)} for domain in proven):
            return "exempt"
        # One author's proof does not override the policy of another in From:.
        unproven = {each.domain for each in evaluations if each.wanted != "none"}
        return "arc" if unproven <= dmarc_passes(chain, self.sealers) else ""

    def refusal(self, verdict: DMARCVerdict, chain: Chain) -> RefusalError | None:
        """Return the reply that rejects or defers the message; None to accept it."""
        domain, result, _, wanted, _ = verdict.evaluation
        if self.mode != "refuse" or verdict.override or wanted == "none":
            return None
        # The policy asks for action, but a later look-up may still prove the message.
        vouched = chain.unanswered and chain.claimed in self.sealers
        if result == "temperror" or vouched:
            return deferred(
                f"Whether this is mail of {domain} can't be found out now (DNS),"
                " try again later",
                "4.7.0",
            )
        if verdict.disposition != "reject":
            return None
        if not domain:
            return rejected(
                "From: does not say plainly whose message this is, so that nobody is"
                " proven (DMARC): put one address there, like Name <user@example.com>"
            )
        return rejected(
            f"{domain} wants mail refused that isn't proven to be its own (DMARC"
            " p=reject), and neither SPF nor DKIM proves this message: send it through"
            f" a server of {domain}"
        )
