"""A new user's first sessions and first messages work at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.mail.mailbox import Mailbox
from tests.support.server.project import Project

# Hands over three messages at once, as Postfix would what was judged to be spam. It is
# filed into a folder that has to be made.
DELIVER = r"""
import socket, sys
from concurrent.futures import ThreadPoolExecutor

def hand_over(number):
    with socket.socket(socket.AF_UNIX) as client, client.makefile("rwb") as lines:
        client.connect("/run/sockets/lmtp")
        lines.readline()
        message = f"Subject: {number}\r\nX-Spam-Flag: YES\r\n\r\n."
        envelope = ["LHLO us", "MAIL FROM:<>", f"RCPT TO:<{sys.argv[1]}>"]
        for each in [*envelope, "DATA", message]:
            lines.write(f"{each}\r\n".encode())
            lines.flush()
            while (reply := lines.readline())[3:4] == b"-":
                pass
        return reply.decode().strip()

with ThreadPoolExecutor() as pool:
    print("\n".join(pool.map(hand_over, range(3))))
"""

# How often they meet. Without new_folder.c in Dovecot, one time in eight failed.
TIMES = 25


@pytest.mark.core
def test_first_sessions_and_deliveries_at_once_do_not_conflict(server, alice):
    """A new user's first IMAP sessions and deliveries at once all succeed."""
    for _ in range(TIMES):
        remove_mail(server.project, alice)
        with ThreadPoolExecutor() as pool:
            sessions = [pool.submit(open_folders, alice) for _ in range(3)]
            replies = server.project.inside(
                "dovecot", "python3", "-c", DELIVER, alice.address
            )
            for session in sessions:
                session.result()

        assert [line[:3] for line in replies.decode().splitlines()] == ["250"] * 3
        assert sorted(alice.subjects("Junk")) == ["0", "1", "2"]


def remove_mail(project: Project, user: Mailbox) -> None:
    """Remove all mail and folders of the *user*, but not the account."""
    name, domain = user.address.split("@")
    project.inside("dovecot", "rm", "-rf", f"/srv/vmail/{domain}/{name}")


def open_folders(user: Mailbox) -> None:
    """Log in and look at the folders, as a mail program does."""
    with user.imap() as client:
        client.list_folders()
        client.select_folder("INBOX")
        client.folder_status("Junk", ["MESSAGES"])
        client.select_folder("Sent")
        client.select_folder("Trash")
