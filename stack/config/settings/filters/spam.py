"""What SpamAssassin scans, and what its score leads to."""

from typing import Annotated

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types.names import Channels
from stack.config.types.numbers import Score, whole
from stack.config.types.text import Learning, TimeoutAction, YesOrNo


class Spam(BaseModel, use_attribute_docstrings=True):
    """Scores, time limits, learning and rules of the spam filter."""

    spam_mark_score: Score = 5.0
    """The SpamAssassin score from which mail is marked and filed into Junk. A user can
    have another score: `stack spam threshold`."""

    spam_reject_score: Score = 15.0
    """The SpamAssassin score from which mail is refused during the SMTP session. Must
    be more than SPAM_MARK_SCORE."""

    spam_scan_submissions: YesOrNo = False
    """Also scan the mail that users send on 587 and 465 (yes), and refuse it from
    SPAM_REJECT_SCORE on. It is never marked. This stops spam that is sent with a stolen
    password. But a user can no longer forward a spam message, and sending takes
    longer."""

    spam_time_limit: Annotated[int, whole(5, 60)] = 30
    """How many seconds the spam filter may take to scan one message. Most messages take
    less than one second. Lower it if messages that are made to be slow keep the filter
    busy."""

    spam_timeout_action: TimeoutAction = "wait"
    """What happens to a message whose scan takes longer than SPAM_TIME_LIMIT. wait: its
    sender's server is told to try again later, so that no message passes unscanned; if
    no scan ever ends, the sender gets the message back after some days. mark: the
    message goes into the inbox, with a header that says that it was not scanned, so
    whoever can write a message that takes that long gets past the filter. While the
    filter is down or hangs, mail waits in either case."""

    spam_learning: Learning = "site"
    """For whom the spam filter learns from mail that users move into Junk or out of it.
    site: for all users. user: also for all users, but once a user has taught 200
    messages of each kind, mail that goes to that user only is judged by those messages
    alone. Choose user on a server that strangers share, as each of them may call
    something else spam."""

    spam_rules_update: YesOrNo = True
    """Look for new SpamAssassin rules once a day, and use them if they are signed,
    checked and tested. no: use the rules of the Debian package."""

    spam_rules_channels: Channels = ()
    """More sources of SpamAssassin rules: names of channels like
    kam.sa-channels.mcgrail.com, separated by commas. For each, put the public key that
    signs its rules into var/spam/keys/NAME.asc. Rules are only used if that key has
    signed them."""

    @field_validator("spam_reject_score")
    @classmethod
    def _above_the_mark(cls, score: float, info: ValidationInfo) -> float:
        if score <= info.data.get("spam_mark_score", 0.0):
            raise ValueError("must be more than SPAM_MARK_SCORE")
        return score
