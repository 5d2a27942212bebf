"""A user's own Sieve script, put where Dovecot looks for it, for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.mail.mailbox import Mailbox


@contextmanager
def script(user: Mailbox, commands: str, *extensions: str) -> Iterator[None]:
    """Have *commands*, which need these *extensions*, be the script of *user*."""
    name, domain = user.address.split("@")
    home = f"/srv/vmail/{domain}/{name}"
    required = "".join(f'require "{extension}";\n' for extension in extensions)
    text = f"{required}{commands}\n"
    run(user, f"mkdir -p {home}; cat > {home}/.dovecot.sieve", text)
    try:
        yield
    finally:
        run(user, f"rm -f {home}/.dovecot.sieve {home}/.dovecot.svbin")


def run(user: Mailbox, commands: str, stdin: str = "") -> str:
    """Run shell *commands* in Dovecot's container, as the owner of the mailboxes."""
    project = user.server.project
    become = ["setpriv", "--reuid=vmail", "--regid=vmail", "--clear-groups"]
    shell = ["sh", "-euc", commands]
    return project.execute("dovecot", *become, *shell, stdin=stdin).stdout
