"""Refusals by Let's Encrypt, and unexpected output."""

import re

import pytest

from stack.system.processes import TIMED_OUT
from tests.support.renewal.certbot_output import URL, failed, logged, refused, told


@pytest.mark.parametrize(
    ("challenge", "kind", "detail", "words"),
    [
        (
            "standalone",
            "dns",
            "DNS problem: NXDOMAIN looking up A for mail.example.org - check that a DNS"
            " record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for"
            " mail.example.org - check that a DNS record exists for this domain",
            "mail.example.org doesn't resolve: publish the address",
        ),
        (
            "standalone",
            "dns",
            "no valid A records found for mail.example.org; none of AAAA",
            "mail.example.org doesn't resolve: publish the address",
        ),
        (
            "standalone",
            "dns",
            "DNS problem: SERVFAIL looking up CAA for example.org - the domain's"
            " nameservers may be malfunctioning",
            "mail.example.org: the name servers of its domain gave the",
        ),
        (
            "dns-rfc2136",
            "dns",
            "DNS problem: query timed out looking up TXT for mail.example.org",
            "mail.example.org: the name servers of its domain gave the",
        ),
        (
            "dns-rfc2136",
            "dns",
            "DNS problem: NXDOMAIN looking up TXT for mail.example.org -"
            " check that a DNS record exists for this domain",
            "mail.example.org: the authority didn't find the record"
            " .* ACME_DNS_PROPAGATION_SECONDS",
        ),
        (
            "dns-rfc2136",
            "unauthorized",
            'Incorrect TXT record "x" found at _acme-challenge.mail.example.org',
            "mail.example.org: the authority didn't find the record"
            " .* ACME_DNS_PROPAGATION_SECONDS",
        ),
        (
            "manual",
            "caa",
            "CAA record for mail.example.org prevents issuance",
            "mail.example.org: a CAA record forbids this .* see `stack dns show`",
        ),
        (
            "standalone",
            "connection",
            "203.0.113.5: Fetching http://mail.example.org/.well-known/acme-challenge/x:"
            " Timeout during connect (likely firewall problem)",
            "mail.example.org: the authority doesn't get through .* firewall",
        ),
        (
            "standalone",
            "unauthorized",
            "203.0.113.5: Invalid response from http://mail.example.org/.well-known/"
            "acme-challenge/x: 404",
            "mail.example.org: something else answers on its port 80: .*=webroot",
        ),
        (
            "webroot",
            "connection",
            "203.0.113.5: Fetching http://mail.example.org/x: Connection refused",
            "mail.example.org: the authority doesn't get through to port 80",
        ),
        (
            "standalone",
            "incorrectResponse",
            "Never heard of it",
            "mail.example.org: .* with incorrectResponse: see var/acme/logs",
        ),
    ],
)
def test_lets_encrypt_challenge_errors_are_explained(
    tmp_path, challenge, kind, detail, words
):
    """Let's Encrypt words errors differently from Pebble; our messages are the same."""
    [line] = told(
        tmp_path,
        failed(("mail.example.org", kind, detail)),
        "a log",
        challenge=challenge,
    )

    assert re.search(words, line), line
    assert f"(the authority: {detail})" in line


def test_error_type_counts_not_a_similar_word(tmp_path):
    """The text of a web page in the detail must not select the reason."""
    detail = 'Invalid response from http://a.example/x: "Your dns connection caa "'

    [line] = told(tmp_path, failed(("a.example", "unauthorized", detail)))

    assert line.startswith("a.example: something else answers on its port 80")


@pytest.mark.parametrize("host", ["resolver.example.org", "nxdomain.servfail.example"])
def test_host_name_does_not_select_the_reason(tmp_path, host):
    """A closed port is told as such, whatever the host is called."""
    detail = f'Get "http://{host}:80/x": dial tcp 192.0.2.1:80: connection refused'

    [line] = told(tmp_path, failed((host, "connection", detail)))

    assert line.startswith(f"{host}: the authority doesn't get through to port 80")


def test_same_problem_is_reported_once(tmp_path):
    """A name and all below it are proven by two records for one name."""
    problem = ("example.org", "unauthorized", "No TXT record found")

    assert len(told(tmp_path, failed(problem, problem), challenge="dns-rfc2136")) == 1


def test_two_hosts_have_one_line_each_in_order(tmp_path):
    """Both hosts are reported at once."""
    one = ("a.example.org", "unauthorized", "404")
    two = ("b.example.org", "connection", "refused")

    first, second = told(tmp_path, failed(one, two))

    assert first.startswith("a.example.org:")
    assert second.startswith("b.example.org:")


BUSY = (
    "too many certificates (5) already issued for this exact set of identifiers in the"
    " last 168h0m0s, retry after 2026-11-25 04:28:47 UTC"
)


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        ("rateLimited", BUSY, "gives no more for now: wait, .*too many certificates"),
        (
            "rejectedIdentifier",
            "Illegal: '_'",
            "issues none for such a name .* ask for",
        ),
        (
            "caa",
            "Rechecking CAA failed",
            "forbidden by a CAA record .* `stack dns show",
        ),
        (
            "invalidProfile",
            'profile "x" unknown',
            "no such profile .* see ACME_PROFILE",
        ),
        ("serverInternal", "Down for maintenance", "internal error .* try again"),
        (
            "badCSR",
            "A weak key",
            "refused it, with badCSR .A weak key.: see var/acme/l",
        ),
    ],
)
def test_refusal_type_is_read_from_the_log(tmp_path, kind, detail, words):
    """certbot prints the authority's words only; the type says what to do."""
    [line] = told(tmp_path, refused(detail), logged(kind, "Some description", detail))

    assert line.startswith(f"the authority {URL} ")
    assert re.search(words, line), line


def test_unrelated_refusal_in_the_log_is_ignored(tmp_path):
    """certbot logs also what it can do without, such as a hint when to renew."""
    log = logged("malformed", "Malformed", "Parsing ARI CertID failed: no known issuer")

    assert told(tmp_path, refused("No space left on device"), log) == [
        "certbot failed (No space left on device): see var/acme/logs/letsencrypt.log"
    ]


def test_printed_refusal_is_chosen_from_the_log(tmp_path):
    """Also when another comes after it."""
    log = logged("rateLimited", "Too many", BUSY) + logged("malformed", "Bad", "Else")

    [line] = told(tmp_path, refused(BUSY), log)

    assert "gives no more for now" in line


@pytest.mark.parametrize(
    ("output", "status", "words"),
    [
        ("", 1, "certbot failed (without a word): see var/acme/logs"),
        ("", TIMED_OUT, "certbot was stopped at its time limit (without"),
        ("Requesting a certificate for a.example\n", TIMED_OUT, "limit (Requesting a"),
        ("no\0\x1b[31m\ufffd\x07", 1, "failed (no\ufffd\ufffd[31m\ufffd\ufffd): see"),
        ("x" * 5000, 1, "certbot failed (xxxx"),
        ("Traceback (most recent call last):\n  File x\nOSError: [Errno 28] No space",
         1, "certbot failed ([Errno 28] No space): see var/acme/logs"),
        ("certbot.errors.Error: It fell", 1, "certbot failed (It fell): see"),
    ],
)  # fmt: skip
def test_unknown_output_gives_one_line_with_the_log(tmp_path, output, status, words):
    """Nothing at all, garbage, a trace: the log has the rest."""
    [line] = told(tmp_path, output, status=status)

    assert words in line
    assert line.endswith(": see var/acme/logs/letsencrypt.log")


def test_braces_in_foreign_text_are_kept(tmp_path):
    """Text of an authority is never used as a format string."""
    detail = "{challenge} {0} {url!r}"

    [line] = told(tmp_path, failed(("mail.example.org", "connection", detail)))

    assert f"(the authority: {detail})" in line
