"""The other mail server, when it refuses what its judges disapprove of."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.clients.dialogue import Reply, Smtp
from tests.support.server.project import ADDRESS, Project
from tests.support.wait import wait_until

# SPF is asked about each sender; what OpenDMARC has found out is in a header.
_STRICT = {
    "smtpd_recipient_restrictions": "check_policy_service unix:private/spf",
    "milter_header_checks": "regexp:{"
    " {/^Authentication-Results:.* dmarc=fail .p=reject / REJECT 5.7.1 DMARC} }",
}


def offer(project: Project, message: bytes, sender: str, to: str) -> Reply:
    """Deliver to the other server from an address that is nobody's."""
    with Smtp(ADDRESS, project.port(25, "outside")) as session:
        session.ehlo()
        return session.deliver(message, sender, [to])


@contextmanager
def strict_receiver(project: Project, forged: bytes, to: str) -> Iterator[None]:
    """
    Have the other server refuse what SPF (-all) or DMARC (p=reject) says is forged.

    Args:
        project: Whose world it is in.
        forged: A message that DMARC refuses, to see that it does.
        to: Its recipient.
    """
    chosen = [f"{name}={value}" for name, value in _STRICT.items()]
    project.inside("outside", "postconf", *chosen)
    project.inside("outside", "postfix", "reload")
    try:
        for sender, words in {
            "a@fail.spf.test": "openspf",
            "a@pass.spf.test": "DMARC",
        }.items():
            wait_until(
                lambda by=sender, said=words: (
                    said in str(offer(project, forged, by, to))
                ),
                f"a refusal by {words}",
            )
        yield
    finally:
        project.inside("outside", "postconf", "-X", *_STRICT)
        project.inside("outside", "postfix", "reload")
