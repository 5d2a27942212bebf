"""Whether the MTA-STS policies of the domains are right, and since when."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stack.cli.dns.wanted import Wanted
from stack.cli.support.output import say
from stack.system.errors import UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.dns.check.finding import Finding
    from stack.services.web.evidence import Evidence


def note(project: Project, found: Wanted, findings: Sequence["Finding"]) -> "Evidence":
    """
    Write down which domains of *findings* are right; tell if that can't be done.

    Args:
        project: Where it is written.
        found: With the policy that is served.
        findings: Of all that is wanted for some domains.
    """
    from stack.services.web import evidence, mta_sts

    wrong = {each.domain for each in of_policies(findings) if not _is_ok(each)}
    looked_at = {each.domain: each.domain not in wrong for each in findings}
    record = mta_sts.record(found.policy)
    try:
        return evidence.note(project, looked_at, record, datetime.now(UTC))
    except (OSError, UnableError) as error:
        say(f"Warning: it is not written down since when the policy is right: {error}.")
        return evidence.Evidence()


def of_policies(findings: Sequence["Finding"]) -> list["Finding"]:
    """Return the *findings* about the record and the page of a policy."""
    from stack.services.web import mta_sts, sites

    return [
        each
        for each in findings
        if each.name
        in (mta_sts.record_name(each.domain), f"{sites.POLICY}.{each.domain}")
    ]


def refusals(
    findings: Sequence["Finding"], seen: "Evidence", *, at_once: bool
) -> list[str]:
    """
    Return why the policy can't be enforced yet, one line each.

    Args:
        findings: Of all domains.
        seen: Since when they are right.
        at_once: Whether it is enough that they are right now.
    """
    now = datetime.now(UTC)
    lines = [
        f"{each.name}: {each.remark}"
        for each in of_policies(findings)
        if not _is_ok(each)
    ]
    domains = {each.domain for each in findings}
    if lines or at_once:
        return lines
    return [
        f"{domain} is right, but not for a day yet{_since(seen, domain)}: run this"
        " again later, or with --now"
        for domain in sorted(domains)
        if not seen.is_long_enough(domain, now)
    ]


def _since(seen: "Evidence", domain: str) -> str:
    found = seen.domains.get(domain)
    return f" (since {found.right_since:%Y-%m-%d %H:%M} UTC)" if found else ""


def _is_ok(finding: "Finding") -> bool:
    from stack.dns.check.finding import Status

    return finding.status is Status.OK
