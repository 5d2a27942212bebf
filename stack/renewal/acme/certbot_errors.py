"""
Turns certbot's output into one line for each problem: the reason, and a remedy.

certbot prints an authority's refusal without its type (RFC 8555 §6.7). The type stands
in certbot's log.
"""

import re
from pathlib import Path

from stack.config.settings import Settings
from stack.system.processes import TIMED_OUT, Result

CHALLENGE = re.compile(
    r"^ +(?:Identifier|Domain): (?P<host>.+)\n +Type: +(?P<type>.+)\n"
    r" +Detail: (?P<detail>.+)",
    re.MULTILINE,
)
HOOK = r"^Hook '--manual-auth-hook' for (\S+) "
HOOK_FAILED = re.compile(HOOK + r"(reported error code \d+)$", re.MULTILINE)
HOOK_SAID = re.compile(HOOK + r"ran with error output:\n((?: .*\n)+)", re.MULTILINE)
REFUSAL = re.compile(r"urn:ietf:params:acme:error:(\w+)((?: :: .+)?)")

# Lines that certbot prints around every error.
NOISE = re.compile(
    r"Saving debug log|Ask for help|An unexpected error|Encountered exception|"
    r"Some challenges|Please see the logfile|usage:|\s|$"
)
EXCEPTION = re.compile(r"^(?:[\w.]+\.)?[A-Z]\w+: ")
LONGEST = 300

# Failed challenges: a pattern for ACME_CHALLENGE, one for the authority's error type
# (RFC 8555 §6.7) and detail, and our message. The first match counts.
CHALLENGE_ERRORS = [
    (
        "",
        r"SERVFAIL|REFUSED|timed out looking up|DNSSEC|occurred while resolving",
        "{host}: the name servers of its domain gave the authority no valid answer:"
        " check that each of them runs, and with DNSSEC that the signatures are valid",
    ),
    ("", r"^caa ", "{host}: a CAA record forbids this authority: see `stack dns show`"),
    (
        "dns-|manual",
        "",
        "{host}: the authority didn't find the record for it in the DNS: see that the"
        " name server is the one the world asks, or raise"
        " ACME_DNS_PROPAGATION_SECONDS in .env",
    ),
    (
        "",
        r"^dns |could not resolve|[Nn]o valid (?:A|IP)",
        "{host} doesn't resolve: publish the address that `stack dns show` names",
    ),
    (
        "webroot",
        "^unauthorized ",
        "{host}: the web server on its port 80 doesn't show what is put into"
        " ACME_WEBROOT: see that it serves /.well-known/acme-challenge/ from there, and"
        " that the name leads to this machine",
    ),
    (
        "",
        "^unauthorized ",
        "{host}: something else answers on its port 80: see that the name leads to this"
        " machine; if a web server has the port, set ACME_CHALLENGE=webroot",
    ),
    (
        "",
        r"^(?:connection|tls) ",
        "{host}: the authority doesn't get through to port 80: see that the name leads"
        " to this machine, and that no firewall or router closes the port; or prove it"
        " in the DNS, ACME_CHALLENGE in .env",
    ),
    (
        "",
        "",
        "{host}: the authority refused it, with {kind}: see"
        " var/acme/logs/letsencrypt.log",
    ),
]

# Errors of certbot itself: a pattern for its output, and our message. The first match
# counts.
CERTBOT_ERRORS = [
    (
        r"(?:SSLError|CERTIFICATE_VERIFY_FAILED)",
        "the authority {url} has a certificate that isn't trusted here: put that of its"
        " own authority into var/acme/authorities.pem",
    ),
    (
        r"requests\.exceptions\.\w+",
        "the authority {url} can't be reached: see ACME_DIRECTORY in .env, this"
        " machine's way to it, and whether it reports an outage",
    ),
    (
        r"acme\.errors\.ClientError|JSONDecodeError",
        "{url} is not an ACME directory: see ACME_DIRECTORY in .env",
    ),
    (
        r"external account binding\. Please",
        "the authority {url} wants a key that it gave you: say --eab-kid",
    ),
    (
        r"Unable to register an account with ACME server\."
        r"(?: Error returned by the ACME server:)? (?P<detail>.+)"
        r"|binascii\.Error: (?P<more>.+)",
        "the authority {url} doesn't register us ({detail}): see --eab-kid, and"
        " ACME_EMAIL in .env",
    ),
    (
        r"Account .*(?:not found|does not exist|is not valid)",
        "the authority {url} doesn't know our account any more: remove"
        " var/acme/certbot/accounts, then `stack cert issue --agree-tos` makes one",
    ),
    (
        r"Could not bind TCP port 80",
        "port 80 of the container is in use: is another `stack cert` at work? Try again"
        " when it has ended",
    ),
    (
        r"Another instance of Certbot",
        "certbot is at work already: try again when it has ended",
    ),
    (
        r"does not appear to be installed|unrecognized arguments",
        "the container certs lacks the plugin for ACME_CHALLENGE={challenge}: `docker"
        " compose build certs`, then `docker compose up --detach certs`",
    ),
    (
        r"manual-\w+-hook command|-hook command manual-\w+ (?P<detail>exists, but.*)\.",
        "ACME_CHALLENGE=manual, and a hook can't be run ({detail}): see that"
        " var/acme/hooks/auth and cleanup are there, and may be executed",
    ),
    (
        r"/webroot does not exist",
        "the folder that ACME_WEBROOT in .env names is not there: make it, then `docker"
        " compose up --detach certs`",
    ),
    (
        r"(?P<detail>(?:archive|live) directory exists for \S+)",
        "certbot was stopped while it made this certificate ({detail}): remove the"
        " folders of that name in var/acme/certbot/archive and live, then try again",
    ),
    (
        r"any combination of challenges",
        "the authority {url} validates names with a * by the DNS only: set"
        " ACME_CHALLENGE to dns-… or manual",
    ),
    (
        r"(?P<detail>Missing propert.*(?:\n \*.*)+|File not found.*"
        r"|The configured target DNS.*|Unknown algorithm.*|Unable to determine .*"
        r"|Encountered error .*|Received response from server.*|Input the path to .*"
        r"|Error (?:adding|communicating|determining|finding|parsing).*)",
        "the name server was not changed ({detail}): see var/acme/{challenge}.ini",
    ),
]

# Refused orders, by the error type of the authority (RFC 8555 §6.7).
ACME_ERRORS = {
    "rateLimited": "the authority {url} gives no more for now: wait, automatic renewals"
    " are tried again by themselves ({detail})",
    "rejectedIdentifier": "the authority {url} issues none for such a name ({detail}):"
    " ask for other names",
    "caa": "the authority {url} is forbidden by a CAA record ({detail}): see `stack dns"
    " show`",
    "invalidProfile": "the authority {url} has no such profile ({detail}):"
    " see ACME_PROFILE in .env",
    "serverInternal": "the authority {url} has an internal error ({detail}): try again"
    " later",
}
OTHER_ACME_ERROR = (
    "the authority {url} refused it, with {kind} ({detail}): see"
    " var/acme/logs/letsencrypt.log"
)


def explain(done: Result, log: Path, settings: Settings) -> list[str]:
    """
    Return one line for each problem in the output of certbot.

    Args:
        done: How certbot ended, and what it printed.
        log: certbot's own log of the same run.
        settings: As in .env.
    """
    url, challenge = settings.acme_directory, settings.acme_challenge
    failed = _challenges(done.output, challenge)
    if failed:
        return failed
    for pattern, words in CERTBOT_ERRORS:
        if found := re.search(pattern, done.output):
            said = found.groupdict()
            detail = said.get("detail") or said.get("more") or "not there"
            return [words.format(url=url, challenge=challenge, detail=_short(detail))]
    if refusal := _refusal(done.output, log, url):
        return [refusal]
    how = "was stopped at its time limit" if done.status == TIMED_OUT else "failed"
    return [f"certbot {how} ({_last(done.output)}): see var/acme/logs/letsencrypt.log"]


def _challenges(output: str, challenge: str) -> list[str]:
    """Return one line for each host whose challenge failed, or whose hook did."""
    hooks = _hooks(output)
    lines = (
        hooks.get(found["host"]) or _challenge(found, challenge)
        for found in CHALLENGE.finditer(output)
    )
    # A host and its wildcard fail with the same line.
    return list(dict.fromkeys(lines))


def _hooks(output: str) -> dict[str, str]:
    said = {host: words.splitlines()[-1] for host, words in HOOK_SAID.findall(output)}
    return {
        host: f"{host}: the program var/acme/hooks/auth failed ({code}:"
        f" {_short(said.get(host, 'without a word'))}): see"
        " var/acme/logs/letsencrypt.log"
        for host, code in HOOK_FAILED.findall(output)
    }


def _challenge(found: re.Match[str], challenge: str) -> str:
    host, kind, detail = found["host"], found["type"].strip(), found["detail"]
    reason = next(
        words
        for proof, pattern, words in CHALLENGE_ERRORS
        if re.match(proof, challenge) and re.search(pattern, f"{kind} {detail}")
    )
    return f"{reason.format(host=host, kind=kind)} (the authority: {_short(detail)})"


def _refusal(output: str, log: Path, url: str) -> str | None:
    """Return the message for the refusal in *output*, by its type in *log*."""
    try:
        found = REFUSAL.findall(log.read_text(errors="replace"))
    except OSError:
        return None
    for kind, words in reversed(found):
        said = [each.strip() for each in words.split(" :: ")]
        detail = next((each for each in reversed(said) if each and each in output), "")
        if detail:
            words = ACME_ERRORS.get(kind, OTHER_ACME_ERROR)
            return words.format(url=url, kind=kind, detail=_short(detail))
    return None


def _last(output: str) -> str:
    lines = [line for line in output.splitlines() if not NOISE.match(line)]
    return _short(EXCEPTION.sub("", lines[-1])) if lines else "without a word"


def _short(text: str) -> str:
    """Return *text*, which may come from a stranger, as one short printable line."""
    words = " ".join(text.split())
    words = "".join(each if each.isprintable() else "\ufffd" for each in words)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
