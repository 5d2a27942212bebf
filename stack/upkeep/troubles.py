"""
certbot's many words, as one line for each problem: the reason, and what to do.

What certbot prints of an authority's refusal lacks its type (RFC 8555 §6.7), which
stands in its log.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from stack.settings import Settings

CHALLENGE = re.compile(
    r"^ +(?:Identifier|Domain): (?P<host>.+)\n +Type: +(?P<type>.+)\n"
    r" +Detail: (?P<detail>.+)",
    re.MULTILINE,
)
REFUSAL = re.compile(r"urn:ietf:params:acme:error:(\w+) :: .*? :: (.+)")
UNRESOLVED = re.compile(r"NXDOMAIN|SERVFAIL|DNS problem|resolv|no valid A record", re.I)

# Said at the beginning or the end of whatever goes wrong.
PHRASES = re.compile(
    r"Saving debug log|Ask for help|An unexpected error|Encountered exception|"
    r"Some challenges|The error was|Please see the logfile|usage:|\s|$"
)
LONGEST = 300

# What certbot says, what that means, and the remedy. The first that is found counts.
KNOWN = [
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
        r"Unable to register .*: (?P<detail>.+)",
        "the authority {url} doesn't register us ({detail}): see --eab-kid, and"
        " ACME_EMAIL in .env",
    ),
    (
        r"Account .* (?:not found|does not exist)",
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
        r"Unable to find manual-auth-hook|(?P<detail>Hook '.*reported error.*)",
        "ACME_CHALLENGE=manual, and the hook failed ({detail}): see that"
        " var/acme/hooks/auth and cleanup are there, may be executed, and end well",
    ),
    (
        r"any combination of challenges",
        "names with a * are only given for a record in the DNS: set ACME_CHALLENGE to"
        " dns-… or manual",
    ),
    (
        r"(?P<detail>Missing property.*|File not found.*|The configured target DNS.*"
        r"|Unknown algorithm.*|Unable to determine base domain.*"
        r"|Encountered error .*|Error (?:adding|determining|finding).*)",
        "the name server was not changed ({detail}): see var/acme/{challenge}.ini",
    ),
]

# By the type that the authority gave to its refusal.
REFUSALS = {
    "rateLimited": "the authority {url} gives no more for now: wait, what is renewed by"
    " itself is tried again by itself ({detail})",
    "rejectedIdentifier": "the authority {url} gives none for such a name ({detail}):"
    " ask for other names",
}


def told(output: str, log: Path, settings: Settings) -> list[str]:
    """
    Return a line for each problem that certbot's *output* tells of.

    *log* is where it has written the rest.
    """
    url, challenge = settings.acme_directory, settings.acme_challenge
    failed = [_challenge(found, challenge) for found in CHALLENGE.finditer(output)]
    if failed:
        return [*_hooks(output, url, challenge), *failed]
    for pattern, words in KNOWN:
        if found := re.search(pattern, output):
            detail = found.groupdict().get("detail") or "not there"
            return [words.format(url=url, challenge=challenge, detail=_short(detail))]
    if refusal := _refusal(log, url):
        return [refusal]
    return [f"certbot failed ({_last(output)}): see var/acme/logs/letsencrypt.log"]


def _hooks(output: str, url: str, challenge: str) -> Iterator[str]:
    pattern, words = next(each for each in KNOWN if "Hook" in each[0])
    if (found := re.search(pattern, output)) and found["detail"]:
        yield words.format(url=url, challenge=challenge, detail=_short(found["detail"]))


def _challenge(found: re.Match[str], challenge: str) -> str:
    host, kind, detail = found["host"], found["type"].strip(), _short(found["detail"])
    by_dns = challenge == "manual" or challenge.startswith("dns-")
    return _reason(host, kind, detail, by_dns=by_dns) + f" (the authority: {detail})"


def _reason(host: str, kind: str, detail: str, *, by_dns: bool) -> str:
    if kind == "caa":
        return f"{host}: a CAA record forbids this authority: see `stack dns show`"
    if by_dns:
        return (
            f"{host}: the authority didn't find the record for it in the DNS: see that"
            " the name server is the one the world asks, or raise ACME_DNS_WAIT in .env"
        )
    if kind == "dns" or UNRESOLVED.search(detail):
        return (
            f"{host} doesn't resolve: publish the address that `stack dns show` names"
        )
    if kind in ("connection", "tls"):
        return (
            f"{host}: the authority doesn't get through to port 80: see that the name"
            " leads to this machine, and that no firewall or router closes the port; or"
            " prove it in the DNS, ACME_CHALLENGE in .env"
        )
    if kind == "unauthorized":
        return (
            f"{host}: something else answers on its port 80: see that the name leads to"
            " this machine; if a web server has the port, set ACME_CHALLENGE=webroot"
        )
    return f"{host}: the authority refused it, with {kind}"


def _refusal(log: Path, url: str) -> str | None:
    try:
        found = REFUSAL.findall(log.read_text(errors="replace"))
    except OSError:
        return None
    if not found:
        return None
    kind, detail = found[-1]
    words = REFUSALS.get(kind, "the authority {url} refused it, with {kind}: {detail}")
    return words.format(url=url, kind=kind, detail=_short(detail))


def _last(output: str) -> str:
    lines = [line for line in output.splitlines() if not PHRASES.match(line)]
    return _short(lines[-1]) if lines else "without a word"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
