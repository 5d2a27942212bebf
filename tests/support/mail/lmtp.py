"""Delivery to Dovecot by LMTP, with headers as our filters write them."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

from docker.models.containers import Container

from tests.support.mail.message import letter, with_header
from tests.support.server.project import Project

# smtplib would raise for a refusal: the code is what we ask for.
SCRIPT = """
import base64, json, smtplib, sys
codes = []
with smtplib.LMTP("/run/sockets/lmtp") as session:
    session.ehlo()
    for to, message in json.loads(sys.argv[1]):
        session.mail("a@outside.test")
        session.rcpt(to)
        codes.append(session.data(base64.b64decode(message))[0])
        session.rset()
print(json.dumps(codes))
"""


@contextmanager
def lmtp_client(project: Project) -> Iterator[Container]:
    """Have a container that can connect to Dovecot's LMTP socket."""
    container = project.docker.containers.run(
        project.image,
        ["-c", "sleep infinity"],
        entrypoint="sh",
        detach=True,
        init=True,
        network_mode="none",
        volumes={f"{project.name}_sockets": {"bind": "/run/sockets", "mode": "rw"}},
    )
    try:
        yield container
    finally:
        container.remove(force=True)


def lmtp_deliver(client: Container, *letters: tuple[str, bytes]) -> list[int]:
    """Deliver messages, each with its recipient; return the codes of the answers."""
    words = json.dumps([(to, base64.b64encode(raw).decode()) for to, raw in letters])
    done = client.exec_run(["python3", "-c", SCRIPT, words])
    codes: list[int] = json.loads(done.output)
    return codes


def scored(sender: str, to: str, subject: str, points: int, *headers: str) -> bytes:
    """Write a letter as our filters would have marked it with so many *points*."""
    flag = ["X-Spam-Flag: YES"] if points >= 5 else []
    return with_header(
        letter(sender, to, subject), *headers, *flag, f"X-Spam-Level: {'*' * points}"
    )


def authenticated(domain: str, proven: bool, disposition: str = "none") -> str:
    """Write the Authentication-Results header for a From: that passes or fails."""
    result, word = ("pass", "proven") if proven else ("fail", "unproven")
    return (
        "Authentication-Results: mail.example.test;\n"
        f"\tspf=pass smtp.mailfrom=outside.test;\n"
        f"\tdmarc={result} (p={disposition} dis={disposition} from={word})"
        f" header.from={domain}"
    )
