"""The copies of a message in a mailbox, and which addresses they came for."""

SENDER = "a@outside.test"


def copies(mailbox, subject, folder="INBOX"):
    """Return the raw copies of the message about *subject*, as they lie there."""
    with mailbox.imap() as client:
        client.select_folder(folder, readonly=True)
        found = client.fetch(client.search(["SUBJECT", subject]), ["RFC822"])
    return [type(mailbox.receive(subject))(each[b"RFC822"]) for each in found.values()]


def said(received):
    """Return what a copy says it came for: the mailbox, and the other addresses."""
    return received.all("Delivered-To"), sorted(received.all("X-Original-To"))
