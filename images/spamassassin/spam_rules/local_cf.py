"""Settings that the operator's file, var/spam/local.cf, must not contain."""

import re
import sys
from pathlib import Path

FILE = "var/spam/local.cf"

# Statement (see Mail::SpamAssassin::Conf) and what to do in its place.
ELSEWHERE = {
    "required_score": "set SPAM_MARK_SCORE in .env",
    "required_hits": "set SPAM_MARK_SCORE in .env",
    "report_safe": "a message is delivered as it was sent",
    "bayes_store_module": "what Bayes has learnt must be in its volume",
    "bayes_sql_dsn": "what Bayes has learnt must be in its volume",
    "bayes_sql_override_username": "set SPAM_LEARNING in .env",
    "time_limit": "the milter waits a little longer than config/spamassassin says",
    "envelope_sender_header": "it is what our milter writes",
}


def mistakes(text: str) -> list[str]:
    """Return each setting in *text* that belongs elsewhere, as `file:line: what`."""
    found = []
    for count, line in enumerate(text.splitlines(), start=1):
        statement = re.findall(r"\A\s*(\w*)", line)[0].lower()
        if remedy := ELSEWHERE.get(statement):
            found.append(f"{FILE}:{count}: {statement} can't be set here: {remedy}")
    return found


if __name__ == "__main__":
    try:
        sys.exit("\n".join(mistakes(Path(sys.argv[1]).read_text("latin-1"))) or 0)
    except OSError:
        sys.exit(f"{FILE} can't be read: run `stack init`")
