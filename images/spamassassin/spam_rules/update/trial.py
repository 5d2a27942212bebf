"""Tries a new set: lint, compilation, and the scan of two messages."""

import re
from pathlib import Path

from spam_rules.update.command import FailedError, last_words, run

CHECK = "/usr/local/lib/config/check"

# What every spam filter takes for spam: see GTUBE in SpamAssassin's documentation.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

LETTER = """\
Received: from mx.example.org (mx.example.org [192.0.2.25])
\tby mail.example.com (Postfix) with ESMTPS id 0123456789
\tfor <bob@example.com>; Wed, 5 Nov 2025 09:12:44 +0000 (UTC)
From: Alice Miller <alice@example.org>
To: Bob Smith <bob@example.com>
Subject: Minutes of Tuesday
Date: Wed, 5 Nov 2025 10:12:40 +0100
Message-ID: <20251105091240.1234@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Dear Bob,

the minutes of our meeting on Tuesday are below. Please tell me by Friday whether
I have left anything out. We meet again in two weeks, in the small room.
{}
Regards,
Alice
"""


def try_out(config: Path) -> None:
    """
    Compile the set that is being made, and try it out with the configuration *config*.

    Raises:
        FailedError: When a step finds fault.
    """
    lint(config)
    compile_rules(config)
    scans(config)


def lint(config: Path) -> None:
    """Have the configuration and the rules checked, as spamd's container does it."""
    done = run([CHECK, str(config)])
    if done.returncode:
        raise FailedError(f"check of the rules: {last_words(done.stdout, done.stderr)}")


def compile_rules(config: Path) -> None:
    """Run sa-compile(1)."""
    done = run(
        ["sa-compile", "--quiet", f"--siteconfigpath={config}", "--prefspath=/dev/null"]
    )
    if done.returncode:
        raise FailedError(f"sa-compile: {last_words(done.stdout, done.stderr)}")


def scans(config: Path) -> None:
    """Have a letter scanned that is spam, and one that isn't."""
    if not is_spam(config, LETTER.format(GTUBE)):
        raise FailedError("trial: known spam (GTUBE) is not found")
    if is_spam(config, LETTER.format("")):
        raise FailedError("trial: a plain letter is called spam")


def is_spam(config: Path, letter: str) -> bool:
    """Tell what SpamAssassin thinks of *letter*, without asking the network."""
    command = [
        *("spamassassin", "--local", "--nocreate-prefs", "--prefspath=/dev/null"),
        *(f"--siteconfigpath={config}", "--cf=use_bayes 0"),
    ]
    done = run(command, letter.encode())
    status = re.search(rb"^X-Spam-Status: (Yes|No), score=.*$", done.stdout, re.M)
    if done.returncode or not status:
        raise FailedError(f"trial: {last_words(done.stderr)}")
    return status[1] == b"Yes"
