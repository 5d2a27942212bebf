"""Since when the DNS and the policy of each domain are seen to be right."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel, Field, ValidationError

from stack.system import files
from stack.system.errors import UnableError
from stack.system.project import Project

# As long as the policy of the mode testing is kept by senders.
LONG_ENOUGH = timedelta(days=1)


class Seen(BaseModel):
    """What was seen of one domain."""

    record: str
    """The text of the TXT record: with another policy, all begins anew."""
    right_since: datetime
    """When all was right for the first time, in UTC; it has been at each look since."""


class Evidence(BaseModel):
    """The content of var/dns/mta-sts.json."""

    domains: dict[str, Seen] = Field(default_factory=dict)
    """By name; a domain that was seen wrong last, or never, is not there."""

    def is_long_enough(self, domain: str, now: datetime) -> bool:
        """Say whether *domain* has been right for a day at the time *now*, in UTC."""
        seen = self.domains.get(domain)
        return seen is not None and now - seen.right_since >= LONG_ENOUGH


def load(project: Project) -> Evidence:
    """
    Read the file; nothing was seen if there is none yet.

    Raises:
        UnableError: When its content is not of this form.
    """
    text = files.read(project.policy_seen)
    try:
        return Evidence.model_validate_json(text) if text else Evidence()
    except ValidationError:
        raise UnableError(
            f"{project.policy_seen}: is not as stack writes it: delete it, then the day"
            " begins anew"
        ) from None


def note(
    project: Project, looked_at: Mapping[str, bool], record: str, now: datetime
) -> Evidence:
    """
    Write down which domains were right, and return all that is known.

    Args:
        project: Where it is written.
        looked_at: Whether each domain was right.
        record: The text that its TXT record should have.
        now: In UTC.

    Raises:
        UnableError: When what is there is not of this form.
    """
    with project.lock():
        known = load(project)
        for domain, is_right in looked_at.items():
            before = known.domains.pop(domain, None)
            if is_right:
                same = before and before.record == record
                known.domains[domain] = (
                    before if before and same else Seen(record=record, right_since=now)
                )
        project.write(project.policy_seen, known.model_dump_json(indent=2) + "\n")
    return known
