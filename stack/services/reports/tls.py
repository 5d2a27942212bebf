"""How others fared when they sent to us by TLS, by their reports (RFC 8460)."""

from dataclasses import dataclass, field

from stack.services.reports.database import Reader

SESSIONS = """
    SELECT sessions.domain, policy, mx, sum(succeeded), sum(failed),
        group_concat(DISTINCT reporter)
    FROM sessions JOIN selected ON selected.id = sessions.report GROUP BY 1, 2, 3
"""
FAILURES = """
    SELECT result, failures.mx, max(failures.reason), sum(amount),
        group_concat(DISTINCT reporter)
    FROM failures JOIN selected ON selected.id = failures.report
    GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2
"""

# What a result type (RFC 8460, section 4.3) means, and what to do.
RESULTS = {
    "starttls-not-supported": (
        "STARTTLS was not offered: see that nothing between the internet and port 25"
        " takes it away, such as a firewall that reads mail"
    ),
    "certificate-host-mismatch": (
        "the certificate is not for the MX host: `stack cert check`, and compare the"
        " MX records with `stack dns show`"
    ),
    "certificate-expired": (
        "the certificate had expired: `stack cert check`, then `stack cert renew`"
    ),
    "certificate-not-trusted": (
        "no authority that the sender trusts has issued the certificate: `stack cert"
        " issue`"
    ),
    "validation-failure": (
        "the certificate or the handshake failed otherwise: `stack cert check`"
    ),
    "tlsa-invalid": (
        "the certificate does not fit the TLSA records: publish those of `stack dns"
        " show`"
    ),
    "dnssec-invalid": (
        "the signatures in the DNS do not hold: look at DNSSEC where the zone is kept"
    ),
    "dane-required": (
        "the sender asks for DANE, and there are no TLSA records: publish those of"
        " `stack dns show` in a signed zone"
    ),
    "sts-policy-fetch-error": (
        "the MTA-STS policy could not be fetched: see that https://mta-sts.DOMAIN/"
        " answers with a certificate for that name"
    ),
    "sts-policy-invalid": (
        "the MTA-STS policy can't be read: fetch it, and look at it (RFC 8461)"
    ),
    "sts-webpki-invalid": (
        "the certificate is not what the MTA-STS policy asks for: `stack cert check`"
    ),
}
UNKNOWN = "not a result that RFC 8460 has: ask the reporter"


@dataclass(frozen=True)
class Host:
    """Sessions with *mx*, under one *policy* of *domain*."""

    domain: str
    policy: str
    mx: str
    succeeded: int
    failed: int
    reporters: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Failure:
    """Sessions that failed in the same way."""

    result: str
    mx: str
    reason: str
    sessions: int
    reporters: list[str]
    advice: str


def hosts(reader: Reader) -> list[Host]:
    """Return the sessions by host, those with most failures first."""
    found = [
        Host(domain, policy, mx, int(succeeded), int(failed), reporters.split(","))
        for domain, policy, mx, succeeded, failed, reporters in reader.rows(
            "tls", SESSIONS
        )
    ]
    return sorted(found, key=lambda each: (-each.failed, -each.succeeded, each.mx))


def failures(reader: Reader) -> list[Failure]:
    """Return what went wrong, most often first, each with what to do."""
    return [
        Failure(
            *(result, mx, reason, int(sessions), reporters.split(",")),
            RESULTS.get(result, UNKNOWN),
        )
        for result, mx, reason, sessions, reporters in reader.rows("tls", FAILURES)
    ]
