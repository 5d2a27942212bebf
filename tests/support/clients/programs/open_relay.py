"""
The forms in which a client might ask us to relay, and a client that tries them.

The standard library is all it takes, so that it runs in a container, too.
"""

import json
import sys
from collections.abc import Iterator

from ..dialogue import Smtp

SENDERS = (
    "",
    "a@outside.test",
    "alice@example.test",
    "postmaster@example.test",
    "a@[127.0.0.1]",
)

# Names and addresses of ours that a form may route through.
HERE = (
    "example.test",
    "mail.example.test",
    "MAIL.Example.Test.",
    "localhost",
    "[127.0.0.1]",
    "[IPv6:::1]",
    "[::1]",
    "127.0.0.1",
)

# Postfix pauses before it answers the eleventh mistake of a session.
AT_A_TIME = 9

FORMS = (
    # Plain, and with characters that a lenient parser removes.
    "<probe@outside.test>",
    "probe@outside.test",
    "<probe@OUTSIDE.TEST>",
    "<probe@outside.test.>",
    "< probe@outside.test >",
    "\t<probe@outside.test>",
    "<probe @outside.test>",
    "<probe@ outside.test>",
    "<probe@outside.test:25>",
    "<probe+detail@outside.test>",
    "<alice@outside.test>",
    "<postmaster@outside.test>",
    "<@outside.test>",
    # Addresses in place of the domain.
    "<probe@[192.0.2.25]>",
    "<probe@192.0.2.25>",
    "<probe@[IPv6:2001:db8::25]>",
    "<probe@[2001:db8::25]>",
    "<probe@[outside.test]>",
    # Percent hacks, bang paths and source routes (RFC 5321, appendices C and F.2).
    "<probe%outside.test>",
    "<probe%outside.test%example.test>",
    "<probe@outside.test%example.test>",
    "<alice%example.test@outside.test>",
    "<outside.test!probe>",
    "<example.test!outside.test!probe>",
    "<example.test!probe@outside.test>",
    "<outside.test!probe%example.test>",
    "<example.test!probe%outside.test>",
    "<@outside.test:alice%example.test@outside.test>",
    "<@example.test,@outside.test:probe@outside.test>",
    "<@example.test:probe%outside.test>",
    "<@example.test:outside.test!probe>",
    "@example.test:probe@outside.test",
    # Quotes.
    '<"probe@outside.test">',
    '<"probe%outside.test">',
    '<"outside.test!probe">',
    '<"probe"@outside.test>',
    '<"probe@outside.test"@outside.test>',
    '<"alice@example.test"@outside.test>',
    '<"probe\\@outside.test"@example.test>',
    "<probe\\@outside.test@example.test>",
    '<"@example.test:probe@outside.test"@example.test>',
    # Two for one.
    "<alice@example.test,probe@outside.test>",
    "<alice@example.test;probe@outside.test>",
    "<alice@example.test> <probe@outside.test>",
    "<alice@example.test><probe@outside.test>",
    "<alice@example.test@outside.test>",
    "alice@example.test,probe@outside.test",
    # Comments, display names, transports.
    "<probe(comment)@outside.test>",
    "<probe@outside.test(example.test)>",
    "<probe@(example.test)outside.test>",
    "<(alice@example.test)probe@outside.test>",
    '"alice@example.test" <probe@outside.test>',
    "<smtp:probe@outside.test>",
    "<smtp:[outside.test]:probe@example.test>",
    "<|probe@outside.test>",
    # Codes for the at sign, the end of a string, the end of a line.
    "<probe%40outside.test>",
    "<probe%40outside.test@example.test>",
    "<probe=40outside.test@example.test>",
    "<probe@outside.test%00@example.test>",
    "<probe@outside.test%0d%0a@example.test>",
    "<probe@outside.test\\0@example.test>",
    "<=?utf-8?q?probe=40outside=2Etest?=@example.test>",
    # Letters that look like others.
    "<probe\N{FULLWIDTH COMMERCIAL AT}outside.test>",
    "<probe\N{FULLWIDTH COMMERCIAL AT}outside.test@example.test>",
    "<probe@outside\N{IDEOGRAPHIC FULL STOP}test>",
    "<probe@\N{CYRILLIC SMALL LETTER O}utside.test>",
    "<probe@example.test\N{ZERO WIDTH SPACE}>",
    # Domains that only look like ours.
    "<probe@example.test.outside.test>",
    "<probe@outside.test#example.test>",
    "<probe@notexample.test>",
    "<probe@sub.example.test>",
)
THROUGH_US = (
    "<probe%outside.test@{}>",
    "<probe@outside.test@{}>",
    '<"probe@outside.test"@{}>',
    '<"probe%outside.test"@{}>',
    "<outside.test!probe@{}>",
    "<@{}:probe@outside.test>",
)


def forms(address: str) -> list[str]:
    """All that is said after RCPT TO:; *address* is one of our own."""
    here = (*HERE, address, f"[{address}]")
    return [*FORMS, *(form.format(at) for form in THROUGH_US for at in here)]


def answers(host: str, port: int, address: str) -> Iterator[tuple[str, str, str]]:
    """Ask for every form from every sender; yield sender, form and our reply."""
    asked = forms(address)
    for sender in SENDERS:
        for at in range(0, len(asked), AT_A_TIME):
            some = [*asked[at : at + AT_A_TIME], None]
            for form, reply in zip(some, _ask(host, port, sender, some), strict=True):
                yield sender, form or "DATA", reply


def _ask(host: str, port: int, sender: str, some: list[str | None]) -> list[str]:
    """Ask for *some* forms in one session; None is DATA: for nobody, it's refused."""
    lines = [f"RCPT TO:{form}" if form else "DATA" for form in some]
    with Smtp(host, port) as session:
        session.ehlo()
        session.write("\r\n".join([f"MAIL FROM:<{sender}>", *lines, ""]).encode())
        session.reply()
        return [str(session.reply()) for _ in lines]


if __name__ == "__main__":
    print(json.dumps(list(answers(sys.argv[1], int(sys.argv[2]), sys.argv[3]))))
