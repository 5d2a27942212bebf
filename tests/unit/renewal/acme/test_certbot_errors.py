"""certbot's output becomes one line for each problem, with a remedy."""

import re

import pytest

from stack.system.processes import TIMED_OUT
from tests.support.renewal.certbot_output import URL, failed, names, printed, told

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"

# The run, and words that the line must have: whose it is, why, and what to do.
HTTP = {
    "host unknown": ["nowhere.example.test doesn't resolve: publish"],
    "host unknown twice": [
        "refused.example.test: the authority doesn't get through to port 80",
        "nowhere.example.test doesn't resolve: publish",
    ],
    "host refuses": ["refused.example.test: .* firewall .*connection refused"],
    "host without a route": ["blocked.example.test: .* firewall .*no route to host"],
    "host silent": ["imap.second.test: .* firewall .*Client.Timeout exceeded"],
    "name server silent": ["imap.second.test: the name servers of its .* check that"],
    "webroot missing": ["the folder that ACME_WEBROOT in .env names .* make it"],
    "port 80 in use": ["port 80 of the container is in use: .* Try again"],
    "authority unknown": [f"{URL} can't be reached: see ACME_DIRECTORY"],
    "authority refuses": [f"{URL} can't be reached: see ACME_DIRECTORY"],
    "authority without a route": [f"{URL} can't be reached: see ACME_DIRECTORY"],
    "authority silent": [f"{URL} can't be reached: see ACME_DIRECTORY"],
    "authority without DNS": [f"{URL} can't be reached: see ACME_DIRECTORY"],
    "authority not trusted": [f"{URL} .*isn't trusted here: put .*authorities.pem"],
    "authority is none": [f"{URL} is not an ACME directory: see ACME_DIRECTORY"],
    "star over http": [f"{URL} validates names with a \\* by .* set ACME_CHALLENGE"],
    "eab missing": [f"{URL} wants a key .* say --eab-kid"],
    "eab wrong": [f"{URL} doesn't register us .* JWS verification .* see --eab-kid"],
    "eab unknown": [f"{URL} doesn't register us .* 'kid' .* see --eab-kid"],
    "eab malformed": [f"{URL} doesn't register us .*base64.* see --eab-kid"],
    "email refused": [f"{URL} doesn't register us .* nonsense .* ACME_EMAIL"],
    "account unknown": [f"{URL} doesn't know our account .* remove"],
    "lock held": ["certbot is at work already: try again"],
    "half made": ["certbot was stopped .* directory exists for man.* remove"],
    # Nothing better is known of these than what certbot says.
    "authority is busy": ["certbot failed .too many certificates .* see var/acme/logs"],
    "name rejected": ["certbot failed .Order included .* see var/acme/logs"],
    "revoked before": ["certbot failed .Certificate has already .* see var/acme/logs"],
}
WEBROOT = {
    "webroot elsewhere": ["smtp.second.test: the web server .* ACME_WEBROOT: see that"],
}
RFC2136 = {
    "dns secret wrong": ["didn't like the signature.*: see var/acme/dns-rfc2136.ini"],
    "dns key unknown": ["didn't know the key.*: see var/acme/dns-rfc2136.ini"],
    "dns server by name": ["ns.example.test. is not a valid .*: see var/acme/dns-rfc"],
    "dns server silent": ["operation timed out.*: see var/acme/dns-rfc2136.ini"],
    "dns ini incomplete": ['"dns_rfc2136_secret" not found .*: see var/acme/dns-rfc'],
    "dns algorithm unknown": ["Unknown algorithm: HMAC-MD6.*: see var/acme/dns-rfc"],
    "dns zone elsewhere": ["base domain for _acme-challenge.mail.third.test.*: see"],
    "dns ini not named": ["Input the path to your RFC 2136 .*: see var/acme/dns-rfc"],
}
CLOUDFLARE = {
    "plugin options unknown": ["lacks the plugin .*=dns-cloudflare: `docker compose b"],
    "plugin missing": ["lacks the plugin .*=dns-cloudflare: `docker compose build"],
}
MANUAL = {
    "record missing": ["smtp.second.test: the authority didn't find the record .* see"],
    "record other": ["imap.second.test: .* Correct value not found"],
    "hook fails": ["smtp.second.test: .*hooks/auth failed .*3: I could not log in.*se"],
    "hook fails and prints": ["imap.second.test: .*hooks/auth.* nsupdate: not found"],
    "hook missing": ["ACME_CHALLENGE=manual, and a hook can't be run .* see that"],
}
REAL = [
    ("standalone", HTTP),
    ("webroot", WEBROOT),
    ("dns-rfc2136", RFC2136),
    ("dns-cloudflare", CLOUDFLARE),
    ("manual", MANUAL),
]


@pytest.mark.parametrize(
    ("challenge", "name", "wanted"),
    [(proof, name, rows[name]) for proof, rows in REAL for name in rows],
)
def test_recorded_output_gives_one_line_for_each_problem(
    tmp_path, challenge, name, wanted
):
    """The line names the host, the authority or the file, the reason and a remedy."""
    lines = told(tmp_path, printed(name), challenge=challenge)

    assert len(lines) == len(wanted), lines
    for line, words in zip(lines, wanted, strict=True):
        assert re.search(words, line), line


def test_every_recorded_run_is_tested():
    """No recorded output is left without an expectation."""
    assert sorted(names()) == sorted(name for _, rows in REAL for name in rows)


def test_hook_failure_is_reported_for_its_host_only(tmp_path):
    """The others have a reason of their own."""
    hook = "Hook '--manual-auth-hook' for b.example.org reported error code 4\n"
    both = [(f"{x}.example.org", "unauthorized", "No TXT record") for x in "ab"]

    first, second = told(tmp_path, failed(*both) + hook, challenge="manual")

    assert first.startswith("a.example.org: the authority didn't find the record")
    assert second.startswith("b.example.org: the program var/acme/hooks/auth failed")


def test_hook_without_execute_permission_is_named(tmp_path):
    """certbot's message has a name in the wrong place."""
    words = "/project/var/acme/hooks/auth-hook command manual-auth exists, but is not"

    [line] = told(tmp_path, f"{words} executable.\n", challenge="manual")

    assert "(exists, but is not executable): see that var/acme/hooks/auth" in line


def test_known_reason_wins_over_the_timeout(tmp_path):
    """A clean-up hook may hang after the failure."""
    [line] = told(tmp_path, printed("host refuses"), status=TIMED_OUT)

    assert line.startswith("refused.example.test: ")


def test_message_names_the_authority_of_env(tmp_path):
    """Also where certbot's words hold no address."""
    [line] = told(tmp_path, printed("eab missing"), url=LETS_ENCRYPT)

    assert line.startswith(f"the authority {LETS_ENCRYPT} wants a key")
