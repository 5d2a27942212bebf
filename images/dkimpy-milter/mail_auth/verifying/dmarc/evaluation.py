"""Evaluates DMARC: whether SPF or DKIM proves the author's domain (section 5.3)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mail_auth.dns.domain_names import ancestry
from mail_auth.dns.resolver import Resolver, UnansweredError
from mail_auth.verifying.dmarc import tree_walk
from mail_auth.verifying.dmarc.record import REQUESTS
from mail_auth.verifying.dmarc.tree_walk import Found

# What a domain in test mode asks for, in place of what it says (t=y in section 4.7).
_ONE_LESS = {"reject": "quarantine", "quarantine": "none", "none": "none"}


class Identifier(NamedTuple):
    """A domain that SPF or DKIM was checked for, with the result."""

    method: str
    """spf or dkim."""

    domain: str
    result: str
    """pass, temperror, or anything else, which counts for nothing."""


class Evaluation(NamedTuple):
    """A result for one author's domain, in the words of RFC 9989, section 9.2."""

    domain: str
    result: str
    """pass, fail, none, temperror or permerror."""

    policy: str
    """What the owner says is to be done: none, quarantine or reject; or absent."""

    wanted: str = "none"
    """What the policy asks for this very message: none, quarantine or reject."""

    proven: bool = False
    """Whether an aligned SPF or DKIM pass exists, with or without a policy."""


class Author:
    """
    The domain of an author, with the policy that applies to it.

    The policy is looked up when the object is made: before the names that the sender
    of a message chose, which could use up the time.
    """

    def __init__(self, domain: str, resolver: Resolver) -> None:
        self.domain = domain
        self._resolver = resolver
        self._unanswered = False
        self._found: Found | None = None
        self._request: str | None = None
        try:
            self._discover()
        except UnansweredError:
            self._unanswered = True

    @property
    def found(self) -> Found | None:
        """The policy record that applies to the domain, if there is one."""
        return self._found

    def aligned(self, identifiers: Iterable[Identifier]) -> set[str]:
        """Return the methods, spf and dkim, that prove the domain."""
        return {
            each.method for each in identifiers if self._aligned_result(each) == "pass"
        }

    def evaluate(self, identifiers: Iterable[Identifier]) -> Evaluation:
        """Return the verdict on a message that bears these *identifiers*."""
        aligned = {self._aligned_result(each) for each in identifiers}
        proven = "pass" in aligned
        if self._unanswered:
            return Evaluation(self.domain, "temperror", "absent", proven=proven)
        if not self._found:
            return Evaluation(self.domain, "none", "absent", proven=proven)
        if not self._request:
            return Evaluation(self.domain, "permerror", "absent", proven=proven)
        if proven:
            return Evaluation(self.domain, "pass", self._request, proven=True)
        testing = self._found.record.testing
        wanted = _ONE_LESS[self._request] if testing else self._request
        result = "temperror" if "temperror" in aligned else "fail"
        return Evaluation(self.domain, result, self._request, wanted)

    def _discover(self) -> None:
        if record := tree_walk.at(self.domain, self._resolver):
            self._found = Found(self.domain, record)
            self._request = record.p
            return
        found = tree_walk.walk(self.domain, self._resolver)
        self._found = tree_walk.policy(self.domain, found)
        if self._found:
            self._request = self._subdomain_request(self._found)

    def _subdomain_request(self, found: Found) -> str | None:
        record = found.record
        others = record.sp or record.p
        if record.np in {None, others}:
            return others
        try:
            exists = self._resolver.look_up(self.domain, "A").exists
        except UnansweredError:
            # Whether the domain exists decides between the two: take the stricter.
            return max(others, record.np, key=REQUESTS.index)
        return others if exists else record.np

    def _aligned_result(self, identifier: Identifier) -> str:
        """Return an identifier's result, or none if it isn't aligned (4.10.2)."""
        if identifier.result not in {"pass", "temperror"} or not identifier.domain:
            return "none"
        if identifier.domain == self.domain:
            return identifier.result
        record = self._found.record if self._found else None
        if record and getattr(record, f"strict_{identifier.method}"):
            return "none"
        try:
            owner = self._owner(self.domain)
            # No look-ups for a domain that can't be the same owner's.
            if owner not in ancestry(identifier.domain):
                return "none"
            aligned = self._owner(identifier.domain) == owner
        except UnansweredError:
            return "temperror"
        return identifier.result if aligned else "none"

    def _owner(self, domain: str) -> str:
        return tree_walk.organizational(domain, tree_walk.walk(domain, self._resolver))


def evaluate(
    authors: Sequence[Author], identifiers: Sequence[Identifier]
) -> list[Evaluation]:
    """
    Return the verdict on each of the *authors* of a message.

    Of several, one whose policy can't be looked up counts as p=reject: the sender may
    have added the others to use up the time.
    """
    found = [author.evaluate(identifiers) for author in authors]
    if len(found) == 1:
        return found
    return [each._replace(wanted="reject") if _hidden(each) else each for each in found]


def _hidden(evaluation: Evaluation) -> bool:
    unknown = (evaluation.result, evaluation.policy) == ("temperror", "absent")
    return unknown and not evaluation.proven


def strictest(evaluations: Iterable[Evaluation]) -> Evaluation:
    """
    Return the worst for the message: what all authors' domains together come to.

    It says proven only if each of them is (section 11.5).
    """
    found = list(evaluations)
    worst = max(found, key=_severity)
    return worst._replace(proven=all(each.proven for each in found))


def _severity(evaluation: Evaluation) -> tuple[int, int]:
    results = ("pass", "none", "permerror", "temperror", "fail")
    return REQUESTS.index(evaluation.wanted), results.index(evaluation.result)
