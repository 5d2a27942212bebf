"""
Tells the report-sender what DMARC came to, for aggregate reports (RFC 9990).

One datagram a message and author, of JSON. report_sender/dmarc/rows.py reads it.
"""

import json
import socket
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mail_auth.headers.authentication_results import DKIMVerdict
from mail_auth.verifying.dmarc.enforcement import DMARCVerdict
from mail_auth.verifying.dmarc.evaluation import Author, Evaluation, Identifier
from mail_auth.verifying.dmarc.record import Record
from mail_auth.verifying.spf import SPFVerdict

# Why a policy was not applied (RFC 9990, section 3.1.6).
_OVERRIDES = {
    "exempt": ("trusted_forwarder", ""),
    "arc": ("local_policy", "arc=pass"),
}


class Judged(NamedTuple):
    """A message, and what was found out about it."""

    client: str
    """The IP address of who sent it; empty if it isn't known."""

    sender: str
    """The address in MAIL FROM, which may be empty."""

    spf: SPFVerdict
    signatures: Sequence[DKIMVerdict]
    verdict: DMARCVerdict
    enforced: str
    """DMARCPolicy: off, mark or refuse."""


def results(
    authors: Iterable[Author], evaluations: Iterable[Evaluation], judged: Judged
) -> Iterator[dict[str, object]]:
    """
    Yield a row for each author's domain whose owner wants reports, ready for JSON.

    It holds domains, an address of a server, and results: nobody's name.
    """
    identifiers = [Identifier("spf", judged.spf.domain, judged.spf.result)]
    identifiers += [
        Identifier("dkim", each.tags.get("d", ""), each.result)
        for each in judged.signatures
    ]
    for author, evaluation in zip(authors, evaluations, strict=True):
        found = author.found
        if not (found and found.record.rua and judged.client):
            continue
        aligned = author.aligned(identifiers)
        yield {
            "policy": {"domain": found.domain, **_published(found.record)},
            "source": judged.client,
            "disposition": _disposition(evaluation, judged.verdict),
            "aligned": sorted(aligned),
            "reasons": _reasons(evaluation, judged, found.record),
            "header_from": author.domain,
            "envelope_from": judged.spf.domain if judged.sender else "",
            "dkim": _signatures(judged.signatures, author.domain),
            "spf": [judged.spf.domain, judged.spf.result] if judged.spf.domain else [],
        }


def tell(place: Path, rows: Iterable[dict[str, object]]) -> str:
    """
    Send *rows* to the socket at *place*, without ever waiting for who reads there.

    Returns:
        Why a row was lost, or nothing. Mail does not depend on reports.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
        sending.setblocking(False)
        try:
            for row in rows:
                sending.sendto(json.dumps(row).encode(), str(place))
        except OSError as error:
            return error.strerror or str(error)
        except Exception as error:
            # A fault here must not become one of the message.
            return f"{type(error).__name__}: {error}"
    return ""


def _published(record: Record) -> dict[str, object]:
    return {
        "p": record.p,
        "sp": record.sp,
        "np": record.np,
        "adkim": "s" if record.strict_dkim else "r",
        "aspf": "s" if record.strict_spf else "r",
        "fo": record.fo,
        "testing": "y" if record.testing else "n",
        "rua": record.rua,
    }


def _disposition(evaluation: Evaluation, verdict: DMARCVerdict) -> str:
    if evaluation.result == "pass" and evaluation.policy != "none":
        return "pass"
    return "none" if evaluation.proven else verdict.disposition


def _reasons(
    evaluation: Evaluation, judged: Judged, record: Record
) -> list[tuple[str, str]]:
    """Return why a policy was not applied as it is published, if it was not."""
    if evaluation.proven or judged.verdict.disposition == evaluation.policy:
        return []
    if judged.verdict.override:
        return [_OVERRIDES[judged.verdict.override]]
    if record.testing and judged.verdict.disposition == evaluation.wanted:
        return [("policy_test_mode", "")]
    if judged.enforced != "refuse":
        return [("local_policy", f"this server is set to {judged.enforced}")]
    # Another domain in From: has a stricter one.
    return [("other", "the policy of another author's domain counts")]


def _signatures(
    verdicts: Iterable[DKIMVerdict], author: str
) -> list[tuple[str, str, str]]:
    """Return domain, selector and result of each signature, the best ones first."""
    found = [
        (each.tags["d"], each.tags["s"], each.result)
        for each in verdicts
        if each.tags.get("d") and each.tags.get("s")
    ]
    return sorted(found, key=lambda each: (each[2] != "pass", each[0] != author))
