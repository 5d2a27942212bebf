"""What SpamAssassin scans, and what follows from its score."""

from typing import Annotated

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types.names import Channels
from stack.config.types.numbers import Score, whole
from stack.config.types.text import Learning, TimeoutAction, YesOrNo


class Spam(BaseModel, use_attribute_docstrings=True):
    """The spam filter: scores, time, learning and rules."""

    spam_mark_score: Score = 5.0
    """From this SpamAssassin score on, mail is marked and put into Junk; for a user
    with a `stack spam threshold` of their own, from that on."""

    spam_reject_score: Score = 15.0
    """From this SpamAssassin score on, mail is refused while its sender is still
    on the line. Must be more than SPAM_MARK_SCORE."""

    spam_scan_submissions: YesOrNo = False
    """Scan (yes) what our users send on 587 and 465, too, and refuse it from
    SPAM_REJECT_SCORE on. Nothing is marked. It stops spam of a stolen password; but
    a user can no longer forward a piece of spam, and each message takes longer."""

    spam_time_limit: Annotated[int, whole(5, 60)] = 30
    """How many seconds the spam filter may work on one message. Most take less than
    one; lower it if messages made to be slow keep the filter busy."""

    spam_timeout_action: TimeoutAction = "wait"
    """What becomes of a message that takes longer. wait: its sender is told to come
    again, so that nothing passes unscanned; what never gets done he learns after some
    days. mark: it goes into the inbox, with a header that says that it was not scanned;
    so whoever can write a message that takes that long gets past the filter. While the
    filter is down or hangs, mail waits in either case."""

    spam_learning: Learning = "site"
    """For whom the spam filter learns what users move in and out of Junk. site: for
    all. user: for all, too, but once a user has taught 200 messages of each kind, mail
    to nobody but that user is judged by those alone. For a server that strangers share:
    each may call something else spam."""

    spam_rules_update: YesOrNo = True
    """Look for new SpamAssassin rules once a day, and use them when they are signed,
    checked and tried out. no: use the rules that come with the package."""

    spam_rules_channels: Channels = ()
    """Where to look for rules beside SpamAssassin's own: names of channels, more of
    them after commas, like kam.sa-channels.mcgrail.com. Put the public key that signs
    them into var/spam/keys/NAME.asc: nothing else says whose rules you take."""

    @field_validator("spam_reject_score")
    @classmethod
    def _above_the_mark(cls, score: float, info: ValidationInfo) -> float:
        if score <= info.data.get("spam_mark_score", 0.0):
            raise ValueError("must be more than SPAM_MARK_SCORE")
        return score
