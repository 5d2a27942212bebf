"""How large a message may be, and how often a client or a login may act."""

from typing import Annotated

from pydantic import BaseModel

from stack.config.types.numbers import whole

# Bytes. Every container has the memory: tests/e2e/limits/test_largest_mail.py.
LARGEST_MESSAGE = 157_286_400


class Limits(BaseModel, use_attribute_docstrings=True):
    """Size and rate limits."""

    message_size_limit: Annotated[int, whole(65_536, LARGEST_MESSAGE)] = 52_428_800
    """The size of the largest message that is accepted or sent, in bytes. It counts
    attachments in encoded form, which is a third larger than the file."""

    auth_rate_limit: Annotated[int, whole(0, 1_000_000)] = 60
    """How many logins one client address may try per minute on the submission ports.
    Raise it if many users share an address. 0: no limit."""

    connection_rate_limit: Annotated[int, whole(0, 1_000_000)] = 120
    """How many connections one client address may open per minute, on each port that
    takes mail. Raise it if another server of yours sends much mail to this one, or if
    all clients come from one address. 0: no limit."""

    message_rate_limit: Annotated[int, whole(0, 1_000_000)] = 600
    """How many messages one client address may send per minute, on each port that takes
    mail. A client over the limit is told to try again later. 0: no limit."""

    send_rate_limit: Annotated[int, whole(0, 99_999)] = 1000
    """How many recipients one login may write to per hour, so that a stolen password
    does not send spam all night. Messages that the user's Sieve script forwards or
    sends as answers count, too. Lower it if nobody writes to many recipients. 0: no
    limit."""
