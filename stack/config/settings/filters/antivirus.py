"""Whether ClamAV looks for viruses."""

from pydantic import BaseModel

from stack.config.types.text import YesOrNo


class Antivirus(BaseModel, use_attribute_docstrings=True):
    """The antivirus filter."""

    antivirus: YesOrNo = False
    """Have ClamAV scan incoming mail and mail of users for viruses (yes), and refuse
    infected mail. It takes 1.2 to 1.5 GB of memory, and up to 3 GB while new signatures
    are tested. It downloads some hundred MB of signatures at first, and a little every
    day. Until it has signatures, no mail is accepted, and senders try again later.
    After a change to yes, run `stack init` and then `docker compose up --detach
    --wait`; after a change to no, run `stack init` and then `docker compose rm --stop
    --force clamav`. docs/antivirus.md says what is scanned."""
