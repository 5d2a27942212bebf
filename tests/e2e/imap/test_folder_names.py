"""IMAP folders may have any name; none clashes with Dovecot's own files."""

from contextlib import suppress
from unicodedata import normalize

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
# Ordinary names, which worked in earlier versions, too.
ORDINARY = (
    *("a.b.c", ".Sent", "%", "a%b", "*", "&", "a&b", "&AOk-", "\\", '"', 'a"b'),
    *(" leading", "trailing ", "  ", "#x", "!", "^", "a^2eb", "\x7f", "INBOX/child"),
    *("über", "日本語", "日" * 90, "😀" * 20, "x" * 255, f"x/{'z' * 255}"),
    "/".join(f"{number}{'y' * 200}" for number in range(12)),
)
# Names that are refused, and words of the answer.
REFUSED = {
    "x" * 256: "too long",
    "日" * 200: "too long",
    "a\tb": "Control characters",
    "/x": "Begins with",
    "a//b": "adjacent",
}


@pytest.fixture(scope="module")
def owner(server):
    """Add a user."""
    return open_account(server, "folders@example.test")


def below(name: str) -> str:
    """Return the name of a subfolder with this name."""
    return f"below/{name}"


@pytest.mark.core
def test_folders_may_be_named_like_dovecots_files(owner, spammer, subject):
    """
    Folders of any name can be created, subscribed to, filled, renamed and deleted.

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
def test_an_invalid_folder_name_is_refused_with_the_reason(owner, name):
    """An invalid folder name is refused with the reason."""
    with owner.imap() as client, pytest.raises(IMAPClientError) as refused:
        client.create_folder(name)

    assert REFUSED[name] in str(refused.value)


def test_inbox_may_be_renamed(server, spammer, subject):
    """When INBOX is renamed, its messages move, and new mail goes to a new INBOX."""
    name = subject.split()[-1]
    mover = open_account(server, f"{name}@example.test")
    with mover.imap() as client:
        client.append("INBOX", letter("a@outside.test", mover.address, "old"))
        client.rename_folder("INBOX", "Before")
        moved, left = count(client, "Before"), count(client, "INBOX")
    spammer.send(mover.address, letter("a@outside.test", mover.address, subject))

    assert (moved, left) == (1, 0)
    assert mover.receive(subject)


def test_no_folder_name_leads_out_of_the_users_mail(server, owner):
    """A folder whose name looks like a path is made below the user's ~/mail."""
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


def test_imap_does_not_offer_utf8_accept(server, owner):
    """
    IMAP doesn't offer UTF8=ACCEPT (RFC 6855), and doesn't enable it when asked.

    Dovecot would go on to refuse folder names in UTF-8.
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


FOLDER = "Entwürfe/Süd"


def test_a_folder_name_may_be_typed_in_any_normal_form(alice):
    """
    A folder name that is composed or decomposed names the same folder (NFC).

    To make, select, fill, look at, subscribe, list, rename and delete it.
    """
    decomposed = normalize("NFD", FOLDER)
    renamed = normalize("NFD", "Entwürfe/Großmünster")
    with alice.imap() as client:
        client.create_folder(decomposed)
        with pytest.raises(IMAPClientError, match="ALREADYEXISTS"):
            client.create_folder(FOLDER)
        client.append(FOLDER, b"Subject: x\r\n\r\nx\r\n")
        client.append(decomposed, b"Subject: y\r\n\r\ny\r\n")
        counts = [client.folder_status(f)[b"MESSAGES"] for f in (FOLDER, decomposed)]
        selected = client.select_folder(decomposed)[b"EXISTS"]
        client.copy(client.search(), FOLDER)
        client.unselect_folder()
        client.subscribe_folder(decomposed)
        listed = [
            [name for _, _, name in found]
            for found in (
                client.list_folders(pattern="Entw*"),
                client.list_folders(pattern=decomposed),
                client.list_folders(pattern=FOLDER),
                client.list_sub_folders(pattern=FOLDER),
                client.list_sub_folders(pattern=decomposed),
            )
        ]
        client.unsubscribe_folder(decomposed)
        unsubscribed = client.list_sub_folders(pattern=FOLDER)
        client.rename_folder(decomposed, renamed)
        after = [name for _, _, name in client.list_folders(pattern="Entw*")]
        client.delete_folder("Entwürfe/Großmünster")
        left = client.list_folders(pattern="Entw*")

    assert (counts, selected) == ([2, 2], 2)
    assert listed == [["Entwürfe", FOLDER], *[[FOLDER]] * 4]
    assert after == ["Entwürfe", "Entwürfe/Großmünster"]
    assert (unsubscribed, left) == ([], [])


def test_an_existing_folder_with_a_decomposed_name_is_kept(server, alice):
    """
    A folder on disk with a decomposed name keeps it, and is reached by either form.
    """
    name = "Überweisungen"
    before = normalize("NFD", name)
    make = ("doveadm", "-o", "mail_plugins/nfc=no", "mailbox", "create")
    server.project.inside("dovecot", *make, "-u", alice.address, before)
    with alice.imap() as client:
        client.append(name, b"Subject: x\r\n\r\nx\r\n")
        counts = [client.folder_status(f)[b"MESSAGES"] for f in (name, before)]
        listed = [found[2] for found in client.list_folders(pattern=name)]
        client.delete_folder(name)
        left = client.list_folders(pattern=name)

    assert counts == [1, 1]
    assert listed == [before]
    assert left == []


@pytest.mark.parametrize("path", ["../{}", "{}/../x", "~{}", "/{}", "{}//x", "{}/cur"])
def test_a_folder_path_beyond_ascii_ends_no_session(alice, path):
    """
    A folder name that looks like a path beyond ASCII is answered, and the session goes
    on.
    """
    name = path.format(normalize("NFD", "Öde"))
    with alice.imap() as client:
        for command in (client.create_folder, client.delete_folder):
            with suppress(IMAPClientError):
                command(name)
        assert client.noop()
