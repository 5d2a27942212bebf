"""Mailboxes of an older version are moved with all mail, flags and UIDs."""

import time

import pytest

from tests.support.mail.message import letter
from tests.support.server.accounts import open_account

SENDER = "a@outside.test"
INCLUDED = "!include /usr/local/lib/mailboxes/layout.conf"
# How mail lay before: INBOX is ~/Maildir, and folders lie among its own files.
OLDER = r"mail_driver = maildir\nmail_path = ~\/Maildir\nmailbox_list_layout = fs"
AS_OLDER = f"sed 's#^{INCLUDED}$#{OLDER}#'"

# Run by a Dovecot of the older configuration, for the user in $user.
MAKE = """
folders='Work Work/2026 a.b maildir INBOX/child über'
for each in $folders; do $doveadm mailbox create -s -u $user "$each"; done
for each in INBOX INBOX Work Work Work Work/2026 maildir INBOX/child; do
    $doveadm save -u $user -m "$each" /tmp/letter
done
$doveadm expunge -u $user mailbox Work uid 1
$doveadm flags add -u $user '\\Seen \\Flagged urgent' mailbox Work uid 2
$doveadm flags add -u $user 'urgent later' mailbox INBOX uid 1
"""
STATE = """
$doveadm mailbox list -u $user | sort
$doveadm mailbox list -s -u $user | sort
$doveadm mailbox status -u $user 'messages uidnext uidvalidity guid' '*' | sort
$doveadm fetch -u $user 'mailbox uid guid flags hdr.subject' all | sort
$doveadm quota get -u $user
"""
# Folders that an older version let users make, and could then not cope with.
SPOILT = ("subscriptions", "dovecot-keywords", "dovecot.list.index", "a/dovecot.index")
SPOIL = f"""
for each in {" ".join(SPOILT)}; do
    $doveadm mailbox create -u $user "$each"
    $doveadm save -u $user -m "$each" /tmp/letter
done
"""


@pytest.fixture
def owner(server, subject):
    """Add a user who has never logged in."""
    return open_account(server, f"{subject.split()[-1]}@example.test")


@pytest.fixture
def clashing(server, subject):
    """Add a user whose folders have names of Dovecot's own files."""
    return open_account(server, f"{subject.split()[-1]}-2@example.test")


def run_with_older_layout(project, script: str, message: bytes) -> str:
    """Run a *script* beside a Dovecot of the older layout, which takes a *message*."""
    return project.compose(
        *("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint=sh", "dovecot", "-euc"),
        f"""
        {AS_OLDER} /live/current/dovecot.conf > /tmp/old.conf
        doveadm="doveadm -c /tmp/old.conf"
        cat > /tmp/letter
        dovecot -c /tmp/old.conf 2> /dev/null
        {script}
        $doveadm stop
        """,
        stdin=message.decode(),
    ).stdout


@pytest.mark.core
# While Dovecot is away, mail waits.
@pytest.mark.provokes("postfix", "lmtp|quota-status|SASL|dovecot")
def test_migrated_mailboxes_keep_messages_and_flags(
    server, owner, clashing, spammer, subject
):
    """
    Migrated mailboxes keep mail, UIDs, flags, labels, subscriptions and quota.

    Folders that stood in the way of Dovecot's files are like any other now, and the log
    says once what was done.
    """
    project, since = server.project, time.time()
    project.compose("stop", "dovecot")
    made = f"user={owner.address}{MAKE}{STATE}user={clashing.address}{SPOIL}"
    before = run_with_older_layout(project, made, letter(SENDER, owner.address, "old"))
    project.compose("start", "dovecot")
    project.wait_for("healthy", "dovecot")

    asked = f"user={owner.address} doveadm=doveadm{STATE}"
    after = project.execute("dovecot", "sh", "-euc", asked).stdout
    for each in (owner, clashing):
        spammer.send(each.address, letter(SENDER, each.address, subject))

    assert "urgent" in before
    assert after == before
    assert owner.receive(subject)
    assert clashing.receive(subject)
    with clashing.imap() as client:
        for name in SPOILT:
            assert client.folder_status(name, ["MESSAGES"])[b"MESSAGES"] == 1
            client.subscribe_folder(name)
    assert project.said("dovecot", since).count("moved 12 mailboxes of 2 users") == 1


def test_dovecot_does_not_start_on_an_older_configuration(server, tmp_path):
    """
    With only a configuration of the older layout, Dovecot doesn't start: it would show
    no mail.
    """
    prepare = f"""
        mkdir /live/older && ln -s /live/older /live/current
        {AS_OLDER} /config/dovecot.conf > /live/current/dovecot.conf
        exec /usr/local/lib/config/prepare
    """
    done = server.project.compose(
        *("run", "--rm", "--no-deps", "--no-TTY", f"--volume={tmp_path}:/live"),
        *("--entrypoint=sh", "dovecot", "-euc", prepare),
        check=False,
    )

    assert done.returncode == 1
    assert "not starting: the configuration in use is that of an older" in done.stderr
