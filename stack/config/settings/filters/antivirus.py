"""Whether ClamAV looks for viruses."""

from pydantic import BaseModel

from stack.config.types.text import YesOrNo


class Antivirus(BaseModel, use_attribute_docstrings=True):
    """The antivirus filter."""

    antivirus: YesOrNo = False
    """Have ClamAV look for viruses (yes) in what comes in and in what our users send,
    and refuse what it knows. Costs 1.2 to 1.5 GB of memory, more while new signatures
    are tried, up to 3 GB; and downloads some hundred MB of them at first, then a little
    every day. Until it has them, no mail is taken: its senders try again. After
    `stack init`, `docker compose up --detach --wait` starts it; after a change back to
    no, `docker compose rm --stop --force clamav` ends it. What it takes and what it
    leaves out: docs/antivirus.md."""
