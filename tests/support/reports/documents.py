"""DMARC and TLS reports, as text."""

import json
import time
from datetime import UTC, datetime

DAY = 86_400


def record(
    source: str = "192.0.2.1",
    amount: int = 2,
    *,
    dkim: str = "pass",
    spf: str = "pass",
    disposition: str = "none",
    header_from: str = "example.test",
) -> str:
    """Return one record of a DMARC report."""
    return f"""\
<record><row><source_ip>{source}</source_ip><count>{amount}</count>
<policy_evaluated><disposition>{disposition}</disposition><dkim>{dkim}</dkim>
<spf>{spf}</spf></policy_evaluated></row>
<identifiers><header_from>{header_from}</header_from></identifiers>
<auth_results><spf><domain>{header_from}</domain><result>{spf}</result></spf>
</auth_results></record>
"""


def dmarc(
    number: str,
    records: str = "",
    *,
    domain: str = "example.test",
    namespace: str = "urn:ietf:params:xml:ns:dmarc-2.0",
    end: float | None = None,
) -> bytes:
    """Return a DMARC report: of RFC 9990, or of RFC 7489 without a *namespace*."""
    until = int(time.time() if end is None else end)
    attribute = f' xmlns="{namespace}"' if namespace else ""
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<feedback{attribute}>
<report_metadata><org_name>Outside</org_name><email>noreply@outside.test</email>
<report_id>{number}</report_id>
<date_range><begin>{until - DAY}</begin><end>{until}</end></date_range>
</report_metadata>
<policy_published><domain>{domain}</domain><p>quarantine</p></policy_published>
{records or record()}</feedback>
""".encode()


def tls(number: str, *, domain: str = "example.test", **changed: object) -> bytes:
    """Return a TLS report (RFC 8460): 5 sessions that succeeded, 3 that failed."""
    now = datetime.now(UTC).replace(microsecond=0)
    report = {
        "organization-name": "Outside",
        "date-range": {
            "start-datetime": datetime.fromtimestamp(now.timestamp() - DAY, UTC)
            .isoformat()
            .replace("+00:00", "Z"),
            "end-datetime": now.isoformat().replace("+00:00", "Z"),
        },
        "contact-info": "noreply@outside.test",
        "report-id": number,
        "policies": [
            {
                "policy": {
                    "policy-type": "sts",
                    "policy-string": ["version: STSv1", "mode: testing"],
                    "policy-domain": domain,
                    "mx-host": [f"mail.{domain}"],
                },
                "summary": {
                    "total-successful-session-count": 5,
                    "total-failure-session-count": 3,
                },
                "failure-details": [
                    {
                        "result-type": "certificate-expired",
                        "sending-mta-ip": "192.0.2.9",
                        "receiving-mx-hostname": f"mail.{domain}",
                        "failed-session-count": 3,
                    }
                ],
            }
        ],
    }
    return json.dumps(report | changed).encode()
