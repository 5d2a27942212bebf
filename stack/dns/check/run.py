"""Runs the check of each kind on the records to publish, many at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Status, Subject
from stack.dns.check.hosts import address, caa, name_servers, reverse, tlsa
from stack.dns.check.kind import Check, Kind
from stack.dns.check.policies import dkim, dmarc, mta_sts, spf, tlsrpt
from stack.dns.check.services import mx, srv, web
from stack.dns.lookup.answers import Answer, SilentError
from stack.dns.lookup.asker import Asker
from stack.dns.records import Record
from stack.system.parallel import at_once

# A record that `stack dns show` prints belongs to the first of these that includes it.
KINDS = (
    *(address.IPV4, address.IPV6, reverse.PTR, tlsa.TLSA, caa.CAA),
    *(mx.MX, spf.SPF, dkim.DKIM, dmarc.DMARC, tlsrpt.TLSRPT, srv.SRV),
    *(mta_sts.MTA_STS, web.WEB),
)
CHECKS: Mapping[str, Check] = {kind.name: kind.check for kind in KINDS}

# Seconds for everything.
DEADLINE = 9.0

# Checks under way at a time. Each asks several name servers at once: Asker.
PARALLEL = 32


def findings(
    blocks: Mapping[str, Sequence[Record]], facts: Facts, asker: Asker
) -> list[Finding]:
    """
    Check the records in *blocks*, as `records.records` returns them.

    Return a finding for each kind of record at each name, domain by domain, and one for
    the name servers of each domain.
    """
    wanted = list(subjects(blocks, facts))
    tasks = [partial(judge, subject, facts, asker) for subject in wanted]
    results = at_once(tasks, DEADLINE, most=PARALLEL)
    found = [
        result or subject.unknown("nobody has answered in time: try again")
        for subject, result in zip(wanted, results, strict=True)
    ]
    servers = [name_servers.check(domain, asker) for domain in blocks]
    # Stable: within a domain, the order is that of `stack dns show`.
    place = {domain: number for number, domain in enumerate(blocks)}
    return sorted([*servers, *found], key=lambda each: place[each.domain])


def subjects(blocks: Mapping[str, Sequence[Record]], facts: Facts) -> Iterator[Subject]:
    """Yield what there is to check, in the order of *blocks*."""
    for domain, block in blocks.items():
        groups: dict[tuple[str, Kind], list[Record]] = {}
        for record in block:
            groups.setdefault((record.name, _kind(record)), []).append(record)
        for (name, kind), records in groups.items():
            yield Subject(domain, name, kind.name, kind.type, tuple(records))
        if domain == facts.first:
            yield from _addresses_not_set(block, facts)


def _addresses_not_set(block: Sequence[Record], facts: Facts) -> Iterator[Subject]:
    """Yield the addresses of a kind that is not in .env: it may be published, too."""
    for kind in (address.IPV4, address.IPV6):
        if not any(map(kind.includes, block)):
            yield Subject(facts.first, facts.hostname, kind.name, kind.type)


def _kind(record: Record) -> Kind:
    return next(kind for kind in KINDS if kind.includes(record))


def judge(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Judge what each name server says of *subject*, and return the worst finding."""
    check, question = CHECKS[subject.kind], (subject.name, subject.type)
    try:
        versions = asker.versions(*question)
        found = {
            check(subject, facts, asker.seeing(*question, each)): each
            for each in versions
        }
    except SilentError as error:
        return subject.unknown(
            f"{error}: see that a name server answers, then try again"
        )
    worst = max(found, key=lambda each: each.status)
    return worst if len(found) == 1 else _disagreeing(worst, found[worst], versions)


def _disagreeing(worst: Finding, answer: Answer, versions: Sequence[Answer]) -> Finding:
    others = [name for each in versions if each != answer for name in each.servers]
    remark = (
        f"{_listed(answer.servers)} says so, {_listed(others)} says otherwise: wait"
        " until the change is everywhere, or see why the zone is not transferred"
    )
    return replace(
        worst,
        status=max(worst.status, Status.WARNING),
        remark="; ".join(filter(None, [worst.remark, remark])),
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(names))
