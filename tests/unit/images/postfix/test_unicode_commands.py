"""Which commands Postfix reads as if they named a domain of ours in A-labels."""

import re
import sqlite3
from contextlib import closing
from unicodedata import normalize

import pytest
from mail_auth.dns.domain_names import a_labels

from stack.accounts.store import database
from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.places import CONFIG

OURS = {
    "MAIL FROM:<erin@bücher.test> SMTPUTF8": "mail from:<erin@{}> smtputf8",
    "mail from: <a@bücher.test> BODY=8BITMIME": "mail from: <a@{}> body=8bitmime",
    "RCPT TO:<Erin+x@BÜCHER.Test>": "rcpt to:<erin+x@{}>",
    "RCPT TO:<erin@bu\u0308cher.test>": "rcpt to:<erin@{}>",
    "RCPT TO:<erin@bücher\u3002test>": "rcpt to:<erin@{}>",
    "RCPT TO:<erin@shop.bücher.test>": "rcpt to:<erin@shop.{}>",
    "RCPT TO:<erin@straße.bücher.test>": "rcpt to:<erin@xn--strae-oqa.{}>",
    'RCPT TO:<"a@b|c"@bücher.test> NOTIFY=NEVER': ('rcpt to:<"a@b|c"@{}> notify=never'),
    "MAIL FROM:<o'neil@bücher.test> AUTH=x@bücher.test": (
        "mail from:<o'neil@{}> auth=x@bücher.test"
    ),
    "RCPT TO:<älice@bücher.test>": "rcpt to:<älice@{}>",
    "MAIL FROM:<a@post.äpfel.test>": "mail from:<a@post.xn--pfel-koa.test>",
}
OTHERS = [
    "EHLO bücher.test",
    "AUTH PLAIN bücher.test",
    "MAIL FROM:<> SMTPUTF8",
    "MAIL FROM:<erin@xn--bcher-kva.test>",
    "MAIL FROM:<a@köln.test> SMTPUTF8",
    "MAIL FROM:<a@xbücher.test> SMTPUTF8",
    "RCPT TO:<älice@a.test>",
    "RCPT TO:<@bücher.test:a@a.test>",
    "RCPT TO:<erin@bücher.test",
    "RCPT TO:<erin@bücher.test|x>",
    "RCPT TO:<erin@-bücher.test>",
    "RCPT TO:<erin@bücher..test>",
]


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Look a command up as smtpd does: in one table, and what it says in the next."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.db"
    path.touch()
    database.migrate(path)
    settings = Settings(mail_domain="a.test", mail_hostname="post.xn--pfel-koa.test")
    served = Served(("mail.example.org.pem",), ())
    query = render(CONFIG, settings, [], served)["postfix/own_unicode.sqlite"]
    (rule,) = re.findall(
        r"^/(.*)/ +(.*)$", (CONFIG / "postfix/unicode_commands.pcre").read_text(), re.M
    )
    pattern = rule[0].replace("[^[:ascii:]]", r"[^\x00-\x7f]")
    order = re.sub(r"\$\{(\d)\}", r"\\\1", rule[1])

    def look_up(command: str) -> str | None:
        found = re.fullmatch(pattern, command, re.IGNORECASE)
        if not found:
            return None
        key = re.sub("[A-Z]", lambda each: each[0].lower(), found.expand(order))
        user, _, domain = key.replace("'", "''").rpartition("@")
        values = {"%u": user, "%d": domain, "%%": "%"}
        asked = re.sub("%[ud%]", lambda each: values[each[0]], query)
        with closing(sqlite3.connect(path)) as accounts:
            accounts.create_function("a_labels", 1, lambda name: a_labels(name) or None)
            accounts.execute("INSERT INTO domains (name) VALUES ('xn--bcher-kva.test')")
            row = accounts.execute(asked.partition("query =")[2]).fetchone()
        return row and row[0]

    return look_up


@pytest.mark.parametrize("command", OURS)
def test_a_domain_of_ours_is_read_in_a_labels(read, command):
    """In any case and normal form, and below one; nothing else changes but the case."""
    assert read(command) == OURS[command].format("xn--bcher-kva.test")


@pytest.mark.parametrize("command", OTHERS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_other_commands_are_left_alone(read, command, form):
    """Other domains, what is no path, what can't be a domain, other commands."""
    assert read(normalize(form, command)) is None
