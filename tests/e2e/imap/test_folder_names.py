"""IMAP folders may have any name; none clashes with Dovecot's own files."""

import pytest
from imapclient.exceptions import IMAPClientError

from tests.support.clients.dialogue import Imap
from tests.support.mail.message import letter
from tests.support.server.accounts import open_account

# Files and folders that Dovecot makes, and what means something else in a path.
DOVECOTS = (
    *("subscriptions", "dovecot-uidlist", "dovecot-uidlist.lock", "dovecot-keywords"),
    *("dovecot.index", "dovecot.index.log", "dovecot.index.cache", "dovecot-acl"),
    *("dovecot.list.index", "dovecot.list.index.log", "dovecot-uidvalidity"),
    *("dovecot.mailbox.log", "dovecot-shared", "mailboxes.lock", "maildirfolder"),
    *("maildirsize", "new", "cur", "tmp", "mail", "mailboxes", "maildir"),
    *("~", "~x", "~root/x", ".", "..", "../..", "../../x", "x/..", "x/./y", ".x"),
    *("..DOVECOT-TRASHED", ".temp.x", "INBOX/new", "INBOX/maildir"),
)
# What could be had before.
ORDINARY = (
    *("a.b.c", ".Sent", "%", "a%b", "*", "&", "a&b", "&AOk-", "\\", '"', 'a"b'),
    *(" leading", "trailing ", "  ", "#x", "!", "^", "a^2eb", "\x7f", "INBOX/child"),
    *("über", "日本語", "日" * 90, "😀" * 20, "x" * 255, f"x/{'z' * 255}"),
    "/".join(f"{number}{'y' * 200}" for number in range(12)),
)
# What no folder is called, and what the answer says.
REFUSED = {
    "x" * 256: "too long",
    "日" * 200: "too long",
    "a\tb": "Control characters",
    "/x": "Begins with",
    "a//b": "adjacent",
}


@pytest.fixture(scope="module")
def owner(server):
    """Have a user who likes folders."""
    return open_account(server, "folders@example.test")


def below(name: str) -> str:
    """Put a folder of this name into another."""
    return f"below/{name}"


@pytest.mark.core
def test_any_name_is_a_name(owner, spammer, subject):
    """
    What is created can be subscribed to, written to, found, renamed and deleted.

    Meanwhile INBOX, the list and the delivery of mail work as before, and messages are
    where they were put.
    """
    made = [*DOVECOTS, *ORDINARY, *map(below, DOVECOTS)]
    with owner.imap() as client:
        before = names(client.list_folders())
        for name in made:
            client.create_folder(name)
            client.subscribe_folder(name)
            client.append(name, letter("a@outside.test", owner.address, name[:20]))
        found, subscribed = client.list_folders(), client.list_sub_folders()
        there = {name: count(client, name) for name in made}
        for number, name in enumerate(made):
            client.rename_folder(name, f"renamed {number}")
            client.rename_folder(f"renamed {number}", name)
        spammer.send(owner.address, letter("a@outside.test", owner.address, subject))
        kept = {name: count(client, name) for name in made}
        for name in sorted(made, reverse=True):
            client.unsubscribe_folder(name)
            client.delete_folder(name)
        after = names(client.list_folders())

    assert set(made) <= names(found)
    assert set(made) <= names(subscribed)
    assert there == kept == dict.fromkeys(made, 1)
    assert after == before
    assert owner.receive(subject)


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_is_none_is_refused_with_a_reason(owner, name):
    """The answer says what is wrong, and doesn't send users to the server's log."""
    with owner.imap() as client, pytest.raises(IMAPClientError) as refused:
        client.create_folder(name)

    assert REFUSED[name] in str(refused.value)


def test_inbox_may_be_renamed(server, spammer, subject):
    """Its messages are in the folder of the new name then, and new mail in INBOX."""
    name = subject.split()[-1]
    mover = open_account(server, f"{name}@example.test")
    with mover.imap() as client:
        client.append("INBOX", letter("a@outside.test", mover.address, "old"))
        client.rename_folder("INBOX", "Before")
        moved, left = count(client, "Before"), count(client, "INBOX")
    spammer.send(mover.address, letter("a@outside.test", mover.address, subject))

    assert (moved, left) == (1, 0)
    assert mover.receive(subject)


def test_no_folder_leads_out_of_the_mailboxes_of_its_user(server, owner):
    """Whatever a name means in a path, all that it makes lies below ~/mail."""
    home = f"/srv/vmail/example.test/{owner.address.partition('@')[0]}"
    listed = ("find", "/srv/vmail", "-maxdepth", "3", "-not", "-path", f"{home}/mail/*")
    with owner.imap() as client:
        client.list_folders()
        before = server.project.inside("dovecot", *listed)
        for name in ("../escaped", "../../escaped", "~escaped", "x/../../../y"):
            client.create_folder(name)

        assert server.project.inside("dovecot", *listed) == before

        for name in ("../escaped", "../../escaped", "~escaped", "x/../../../y"):
            client.delete_folder(name)


def test_imap_does_not_offer_names_in_utf8(server, owner):
    """
    UTF8=ACCEPT (RFC 6855) is not offered, and not enabled when asked for.

    Dovecot would go on to refuse the names of folders in UTF-8.
    """
    with server.connect(993, server.trust) as session:
        assert isinstance(session, Imap)
        offered = [session.greeting, session.say("CAPABILITY")]
        offered.append(session.say(f"LOGIN {owner.address} {owner.password}"))
        offered.append(session.say("CAPABILITY"))
        enabled = session.say("ENABLE UTF8=ACCEPT")

    assert "UTF8" not in "".join(offered)
    assert "IMAP4rev1" in offered[-1]
    assert "UTF8" not in enabled
    assert "tag OK" in enabled


def names(listed: list[tuple[object, object, str]]) -> set[str]:
    """Return the names alone of folders that were listed."""
    return {str(name) for _, _, name in listed}


def count(client, name: str) -> int:
    """Count the messages in a folder."""
    found: int = client.folder_status(name, ["MESSAGES"])[b"MESSAGES"]
    return found
