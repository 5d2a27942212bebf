"""What master.cf says of the processes that only time would show."""

import pytest

from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.places import CONFIG

SERVED = Served(("mail.example.org.pem",), ())


@pytest.fixture
def services(settings) -> dict[str, str]:
    """Render master.cf: from a service's name and type, as in postconf -M, to it."""
    text = render(CONFIG, settings, [], SERVED)["postfix/master.cf"]
    entries = text.replace("\n  ", " ").splitlines()
    found = [line for line in entries if line and line[0] != "#"]
    return {"/".join(line.split()[:2]): line for line in found}


def test_users_hear_of_late_mail_after_two_hours(services):
    """And only users: cleanup(8) writes the time into each message's queue file."""
    late = {name for name, line in services.items() if "delay_warning_time" in line}

    assert late == {"mua-cleanup/unix", "as-it-is-cleanup/unix"}
    for name in late:
        assert "-o delay_warning_time=$tell_users_after" in services[name]
    assert "\ntell_users_after = 2h\n" in (CONFIG / "postfix/main.cf.j2").read_text()


def test_postscreen_precedes_smtpd_on_port_25(services):
    """By postscreen; smtpd, which takes mail, is reached only by being handed to."""
    assert services["smtp/inet"].split()[7] == "postscreen"
    assert "smtpd_sasl_auth_enable=no" in services["smtpd/pass"]
    assert "openssl.cnf" in services["tlsproxy/unix"]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "postscreen_greet_wait = 6s"),
        ({"greeting_delay": "0"}, "postscreen_greet_banner ="),
        ({}, "    zen.spamhaus.org=127.0.0.[2..11]*1"),
        ({"dnsbl": "none"}, "postscreen_dnsbl_sites ="),
        ({"greylisting": "yes"}, "postscreen_pipelining_enable = yes"),
    ],
)
def test_postscreen_follows_its_setting(settings, values, line):
    """Each of the settings is a line of main.cf."""
    names = settings.model_dump(include={"mail_domain", "mail_hostname"})
    text = render(CONFIG, Settings(**names | values), [], SERVED)["postfix/main.cf"]

    assert line in text.splitlines()
    assert ("zen." in text) is (values.get("dnsbl") != "none")
    assert ("pipelining" in text) is ("greylisting" in values)


@pytest.mark.parametrize("host", ["", "relay.example.net"])
@pytest.mark.parametrize("by_domain", ["", "example.org/relay.example.com"])
def test_tlsa_is_looked_up_only_without_a_relay(settings, host, by_domain):
    """A parameter that nothing names would be a mistake to Postfix."""
    names = settings.model_dump(include={"mail_domain", "mail_hostname"})
    chosen = Settings(**names, relay_host=host, relay_by_domain=by_domain)
    text = render(CONFIG, chosen, [], SERVED)["postfix/main.cf"]

    assert ("reject_unknown_recipient_domain" in text) is not bool(host)
    assert ("check_sender_access $relayed" in text) is (bool(by_domain) and not host)
    assert text.count("relayed = ") == text.count("$relayed")


def test_only_listed_exceptions_pass_postscreen(settings):
    """Beside the health check of our own loopback."""
    names = settings.model_dump(include={"mail_domain", "mail_hostname"})
    listed = "192.0.2.25,198.51.100.0/24,2001:db8::25,2001:db8:25::/64"
    chosen = Settings(**names, postscreen_allowlist=listed)
    text = render(CONFIG, chosen, [], SERVED)["postfix/postscreen_allowlist.cidr"]

    rows = [line.split() for line in text.splitlines() if line and line[0] != "#"]
    assert rows == [
        ["127.0.0.0/8", "permit"],
        ["192.0.2.25/32", "permit"],
        ["198.51.100.0/24", "permit"],
        ["2001:db8::25/128", "permit"],
        ["2001:db8:25::/64", "permit"],
    ]


@pytest.mark.parametrize(("chosen", "sealed"), [({}, 0), ({"arc_seal": "yes"}, 1)])
def test_forwarded_mail_is_sealed_only_if_wanted(settings, chosen, sealed):
    """By our loopback, which nothing but forwarded mail passes; by the signer's key."""
    names = settings.model_dump(include={"mail_domain", "mail_hostname"})
    files = render(CONFIG, Settings(**names | chosen), [], SERVED)

    assert files["postfix/master.cf"].count("milter_macro_daemon_name=srs") == sealed
    signer = files["dkim-sign/dkimpy-milter.conf"]
    assert signer.count(f"SealDomain {settings.mail_domain}") == sealed
    assert signer.count(f"AuthservID {settings.mail_hostname}") == sealed
