"""How much one client, login or message may ask for."""

from typing import Annotated

from pydantic import BaseModel

from stack.config.types.numbers import whole

# For so much all parts have memory: tests/e2e/limits/test_largest_mail.py.
LARGEST_MESSAGE = 157_286_400


class Limits(BaseModel, use_attribute_docstrings=True):
    """The size of a message, and rates."""

    message_size_limit: Annotated[int, whole(65_536, LARGEST_MESSAGE)] = 52_428_800
    """The largest message we take in or send, in bytes, attachments encoded: a
    file grows by a third on its way into a message."""

    auth_rate_limit: Annotated[int, whole(0, 1_000_000)] = 60
    """How many logins to send mail one client address may try a minute. Raise it
    if a whole office shares an address; 0: no limit."""

    connection_rate_limit: Annotated[int, whole(0, 1_000_000)] = 120
    """How many connections one client address may open a minute, on each port for
    mail. Raise it if a server of yours hands us much mail, or if all clients reach
    us through one address; 0: no limit."""

    message_rate_limit: Annotated[int, whole(0, 1_000_000)] = 600
    """How many messages one client address may send a minute, on each port for mail.
    What is over the limit is told to come again later; 0: no limit."""

    send_rate_limit: Annotated[int, whole(0, 99_999)] = 1000
    """How many recipients one login may write to in an hour, so that a stolen
    password doesn't send spam all night; what its Sieve script forwards and answers
    counts, too. Lower it where nobody writes to many; 0: no limit."""
