"""Verification of DKIM signatures by the records of `stack dns show`."""

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import dkim

from tests.support.mail.mailbox import Received
from tests.support.server.server import Server


@dataclass(frozen=True)
class Signature:
    """One DKIM-Signature header, and whether it verifies."""

    domain: str
    algorithm: str
    valid: bool


def records_to_publish(server: Server) -> dict[str, str]:
    """The TXT records that `stack dns show` tells the operator to publish, by name."""
    shown = server.project.stack("dns", "show", "--format", "json").stdout
    return {
        record["name"]: record["value"]
        for domain in json.loads(shown)
        for record in domain["records"]
        if record["type"] == "TXT"
    }


def signatures(received: Received, records: dict[str, str]) -> list[Signature]:
    """Check each signature on a message against TXT *records*, by name."""
    headers = received.all("DKIM-Signature")
    return [
        Signature(
            tag("d", header), tag("a", header), _holds(received.raw, index, records)
        )
        for index, header in enumerate(headers)
    ]


def verify_with_mail_dkim(
    server: Server, received: Received, records: dict[str, str], kind: str = "dkim"
) -> set[str]:
    """
    Verify with Mail::DKIM, which is in SpamAssassin's image and not in our signer.

    Args:
        server: Whose image has it.
        received: The message.
        records: TXT records with public keys, by name.
        kind: dkim, or arc for the ARC chain.

    Returns:
        Lines like "rsa-sha256 pass"; for arc, one line like "pass (as.1.a.test=pass)".
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "message").write_bytes(received.raw)
        (folder / "records").write_text(json.dumps(records))
        shutil.copy(Path(__file__).with_name("verify_dkim.pl"), folder)
        verdicts = server.project.docker.containers.run(
            server.project.container("spamassassin").image.id,
            ["/judge/verify_dkim.pl", "/judge/message", "/judge/records", kind],
            entrypoint="perl",
            remove=True,
            network_mode="none",
            volumes={name: {"bind": "/judge", "mode": "ro"}},
        )
    return set(verdicts.decode().splitlines())


def tag(name: str, header: str) -> str:
    """Return the value of the tag *name* (RFC 6376, 3.2), "" if there is none."""
    found = re.search(rf"(?:^|;)\s*{name}\s*=\s*([^;\s]+)", header)
    return found[1] if found else ""


def _holds(raw: bytes, index: int, records: dict[str, str]) -> bool:
    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        return records.get(name.decode().rstrip("."), "").encode() or None

    try:
        return bool(dkim.DKIM(raw).verify(idx=index, dnsfunc=look_up))
    except dkim.ValidationError:
        return False
