"""Output of certbot 5.8 in real runs, and made-up output for other refusals."""

import re
from functools import cache
from pathlib import Path

from stack.config.settings import Settings
from stack.renewal.acme import certbot_errors
from stack.system.processes import Result

URL = "https://acme.ca.test:14000/dir"

CHALLENGE = """\
Requesting a certificate for {host}

Certbot failed to authenticate some domains (authenticator: {authenticator}). The \
Certificate Authority reported these problems:
{problems}
Hint: The Certificate Authority failed to download the challenge files from the \
temporary standalone webserver started by Certbot on port 80. Ensure that the listed \
domains point to this machine and that it can accept inbound connections from the \
internet.

Saving debug log to /project/var/acme/logs/letsencrypt.log
Some challenges have failed.
"""

PROBLEM = """\
  Identifier: {host}
  Type:   {kind}
  Detail: {detail}
"""

REFUSAL = """\
Requesting a certificate for mail.example.org
Saving debug log to /project/var/acme/logs/letsencrypt.log
An unexpected error occurred:
{detail}
Ask for help or search for solutions at https://community.letsencrypt.org. See the \
logfile /project/var/acme/logs/letsencrypt.log or re-run Certbot with -v for more \
details.
"""

LOG = """\
2026-11-24 22:28:47,241:DEBUG:certbot._internal.log:Exiting abnormally:
Traceback (most recent call last):
  File "/opt/certbot/bin/certbot", line 8, in <module>
    sys.exit(main())
acme.messages.Error: urn:ietf:params:acme:error:{kind} :: {description} :: {detail}
2026-11-24 22:28:47,243:ERROR:certbot._internal.log:An unexpected error occurred:
2026-11-24 22:28:47,243:ERROR:certbot._internal.log:{detail}
"""


@cache
def _real() -> dict[str, str]:
    text = Path(__file__).with_suffix(".txt").read_text()
    parts = (part.partition("\n") for part in text.split("##### ")[1:])
    return {name: words for name, _, words in parts}


def printed(name: str) -> str:
    """Return the output of the run *name*."""
    return _real()[name]


def names() -> list[str]:
    """Return the names of the real runs."""
    return list(_real())


def failed(*problems: tuple[str, str, str], authenticator: str = "standalone") -> str:
    """Return the output for failed challenges: host, type and detail of each."""
    told = (PROBLEM.format(host=h, kind=k, detail=d) for h, k, d in problems)
    return CHALLENGE.format(
        host=problems[0][0], authenticator=authenticator, problems="\n".join(told)
    )


def refused(detail: str) -> str:
    """Return the output when the authority refuses the order with *detail*."""
    return REFUSAL.format(detail=detail)


def logged(kind: str, description: str, detail: str) -> str:
    """Return the last lines of the log for such a refusal."""
    return LOG.format(kind=kind, description=description, detail=detail)


def told(
    folder: Path,
    output: str,
    log: str | None = None,
    *,
    challenge: str = "standalone",
    status: int = 1,
    url: str = URL,
) -> list[str]:
    """Return our lines for *output* and *log*, a file in *folder*; check their form."""
    settings = Settings(
        mail_domain="example.org",
        mail_hostname="mail.example.org",
        acme_directory=url,
        acme_challenge=challenge,
    )
    path = folder / "letsencrypt.log"
    if log is not None:
        path.write_text(log)
    lines = certbot_errors.explain(Result(status, output), path, settings)
    for line in lines:
        assert line.isprintable()
        assert len(line) <= 600
        assert not re.search(r"Traceback|certbot\.errors|acme\.errors", line)
    return lines
