"""What each key of .env may be set to."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from pydantic import ValidationError

from stack.config.mistakes import RENAMED, mistakes
from stack.config.reference import written
from stack.config.settings import Settings
from stack.config.types.networks import NameServer

NAMES = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}


def complaint(**values: str) -> str:
    """Return what is said about *values*, one line a key."""
    with pytest.raises(ValidationError) as caught:
        Settings(**NAMES | values)
    return "\n".join(f"{key} {reason}" for key, reason in mistakes(caught.value))


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("mail_domain", "localhost", "must be a domain name"),
        ("mail_hostname", "192.0.2.1", "must be a domain name"),
        ("mail_domain", "bücher.example", "in ASCII, as the DNS has it: xn--bcher"),
        ("smtp_port", "65536", "from 0 to 65535"),
        ("smtp_port", "-1", "from 0 to 65535"),
        ("smtp_port", "25.0", "from 0 to 65535"),
        ("smtp_port", "2_5", "from 0 to 65535"),
        ("smtp_port", "025", "from 0 to 65535"),
        ("smtp_port", "٢٥", "from 0 to 65535"),
        ("message_size_limit", "50M", "from 65536 to 157286400"),
        ("message_size_limit", "65535", "from 65536 to 157286400"),
        ("relay_host", "example.net:0", "with :port"),
        ("relay_host", "example.net:", "with :port"),
        ("relay_host", "example.net:99999", "with :port"),
        ("relay_host", "localhost", "must be a domain name"),
        ("relay_host", "[smtp.example.net]:587", "must be without [ ]"),
        ("relay_host", "user:pass@smtp.example.net", "`stack relay login`"),
        ("relay_host", "smtps://smtp.example.net", "must be the host alone"),
        ("relay_by_domain", "a.example/u:p@b.example", "`stack relay login`"),
        ("dmarc_policy", "reject", "must be off, mark or refuse"),
        ("trusted_forwarders", "a@b.example", "must be a domain name"),
        ("trusted_forwarders", "a.example, b.example", "must be a domain name"),
        ("arc_trusted_sealers", "localhost", "must be a domain name"),
        ("arc_trusted_sealers", "a.example,A.example", "a.example is there twice"),
        ("relay_by_domain", "a.example", "must be pairs like a.example/"),
        ("relay_by_domain", "a.example/", "must be pairs like a.example/"),
        ("relay_by_domain", "/smtp.example", "must be pairs like a.example/"),
        ("relay_by_domain", "smtp.example:587", "must be pairs like a.example/"),
        ("relay_by_domain", "a/smtp.example", "must be a domain name"),
        ("relay_by_domain", "@a.example/smtp.example", "must be a domain name"),
        ("relay_by_domain", "a.example/smtp.example:0", "with :port"),
        ("relay_by_domain", "a.example/b.example/c.example", "must be a domain name"),
        (
            "relay_by_domain",
            "a.example/smtp.example,A.EXAMPLE/b.example",
            "must name each domain once: a.example is there twice",
        ),
        ("relay_tls", "none", "must be verify, encrypt or optional"),
        ("spam_rules_update", "true", "must be yes or no"),
        ("spam_rules_channels", "localhost", "must be names like kam."),
        ("spam_rules_channels", "a.example, b.example", "must be names like kam."),
        ("publish_address", "::", "must be an IPv4 address"),
        ("publish_address", "eth0", "must be an IPv4 address"),
        ("public_ipv6", "192.0.2.1", "must be an IPv6 address"),
        ("resolver_upstream", "dns.example", "must be IPv4 addresses like"),
        ("resolver_upstream", "192.0.2.1:0", "must be IPv4 addresses like"),
        ("resolver_upstream", "192.0.2.1,::1", "must be IPv4 addresses like"),
        ("resolver_upstream", "192.0.2.1,192.0.2.1", "must name each server once"),
        ("resolver_upstream", "127.0.0.53", "127.0.0.53 is the container itself"),
        ("resolver_upstream", "0.0.0.0:53", "0.0.0.0 is the container itself"),
        ("resolver_upstream", "224.0.0.251", "no server answers at 224.0.0.251"),
        (
            "resolver_upstream",
            "255.255.255.255",
            "no server answers at 255.255.255.255",
        ),
        ("resolver_network", "172.29", "must be an IPv4 network like"),
        ("resolver_network", "172.29.256", "must be an IPv4 network like"),
        ("resolver_network", "172.29.26.0", "must be an IPv4 network like"),
        ("resolver_network", "172.29.26.0/29", "must be an IPv4 network like"),
        ("resolver_network", "172.29.26.1/24", "must be the network, 172.29.26.0/24"),
        ("resolver_network", "172.29.25.0/24", "NETWORK_SUBNET has it"),
        ("resolver_network", "172.0.0.0/8", "NETWORK_SUBNET has it"),
        ("resolver_network", "10.1.2.0/24", "write RESOLVER_ADDRESS=10.1.2.53"),
        ("resolver_network", "10.1.2.16/28", "write RESOLVER_ADDRESS=10.1.2.30"),
        ("resolver_address", "172.29.27.53", "between 172.29.26.2 and 172.29.26.254"),
        ("resolver_address", "172.29.26.0", "between 172.29.26.2 and 172.29.26.254"),
        ("resolver_address", "172.29.26.1", "between 172.29.26.2 and 172.29.26.254"),
        ("resolver_address", "172.29.26.255", "between 172.29.26.2 and 172.29.26.254"),
        ("resolver_address", "53", "must be an IPv4 address"),
        ("http_port", "65536", "from 0 to 65535"),
        ("http_port", "25", "must be another port: SMTP_PORT has it"),
        ("acme_directory", "http://ca.example/directory", "the https:// address of"),
        ("acme_directory", "ca.example", "the https:// address of"),
        ("acme_directory", "https://ca.example/a b", "the https:// address of"),
        ("acme_directory", "https://me:x@ca.example/", "the https:// address of"),
        ("acme_directory", "https://ca.example/?a=b", "the https:// address of"),
        ("acme_directory", "https://ca.example/\n--x", "the https:// address of"),
        ("acme_directory", "--https://ca.example/", "the https:// address of"),
        ("acme_email", "me", "must be an address like you@example.org"),
        ("acme_email", "@example.org", "must be an address like you@example.org"),
        ("acme_email", "a@b.example,c@d.example", "must be an address like"),
        ("acme_challenge", "http-01", "must be standalone, webroot, manual or dns-"),
        ("acme_challenge", "dns-", "must be standalone, webroot, manual or dns-"),
        ("acme_challenge", "dns-../x", "must be standalone, webroot, manual or dns-"),
        ("acme_challenge", "Manual", "must be standalone, webroot, manual or dns-"),
        ("acme_dns_propagation_seconds", "7201", "from 0 to 7200"),
        ("acme_dns_propagation_seconds", "1m", "from 0 to 7200"),
        ("acme_webroot", "www", "must be a folder by its whole path"),
        ("acme_webroot", "/srv/$x", "must be a folder by its whole path"),
        ("acme_webroot", "/srv/a:b", "must be a folder by its whole path"),
        ("acme_profile", "Short lived", "must be the name of a profile"),
        ("acme_profile", "a=b", "must be the name of a profile"),
        ("import_folder", "./certs", "must be a folder by its whole path"),
        ("import_folder", "~/certs", "must be a folder by its whole path"),
        ("import_folder", "/srv/a b", "must be a folder by its whole path"),
        ("import_folder", "/srv\n/a", "must be a folder by its whole path"),
        ("spam_mark_score", "nan", "must be a number like 5.0"),
        ("spam_mark_score", "1e3", "must be a number like 5.0"),
        ("spam_mark_score", "15.0", "SPAM_REJECT_SCORE must be more"),
        ("spam_reject_score", "5", "must be more than SPAM_MARK_SCORE"),
        ("greeting_delay", "11", "from 0 to 10"),
        ("greeting_delay", "6s", "from 0 to 10"),
        ("dnsbl", "off", "must be a domain name like mail.example.org: off"),
        ("dnsbl", "a.test,", "must be a zone, zone=127.0.0.[2..11] or zone*2"),
        ("dnsbl", "a.test=127.255.255.1", "must not count 127.255.255.x"),
        ("dnsbl", "a.test,A.test", "must name each list once: A.test is there twice"),
        ("dnsbl_threshold", "0", "from 1 to 99"),
        ("dnsbl_threshold", "2", "must be at most 1: a client on all lists has"),
        ("greylisting", "on", "must be yes or no"),
        (
            "postscreen_allowlist",
            "partner.example",
            "must be IPv4 addresses or networks",
        ),
        (
            "postscreen_allowlist",
            "192.0.2.1/24",
            "the network, 192.0.2.0/24, or the one",
        ),
        ("postscreen_allowlist", "192.0.2.0/33", "must be IPv4 addresses or networks"),
        ("postscreen_allowlist", "2001:db8::1", "must be IPv4 addresses or networks"),
        ("log_level", "DEBUG", "must be info or debug"),
        ("network_subnet", "172.29.25.1/24", "must be the network, 172.29.25.0/24"),
        ("network_subnet", "172.29.25.0/30", "must be an IPv4 network"),
        ("allow_ephemeral_data", "true", "must be yes or no"),
        ("auth_rate_limit", "many", "from 0 to 1000000"),
        ("connection_rate_limit", "-1", "from 0 to 1000000"),
        ("message_rate_limit", "1e3", "from 0 to 1000000"),
    ],
)
def test_a_bad_value_is_refused_with_its_remedy(key, value, reason):
    """Every setting says what it could be instead."""
    assert reason in complaint(**{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("http_port", "0"),
        ("http_port", "8080"),
        ("acme_directory", "https://ca.example"),
        ("dmarc_policy", "mark"),
        ("trusted_forwarders", "lists.example,b.example"),
        ("acme_directory", "https://ca.example:14000/dir/a_b-c.d@e+f"),
        ("acme_email", ""),
        ("acme_email", "you+certs@example.org"),
        ("acme_challenge", "webroot"),
        ("acme_challenge", "manual"),
        ("acme_challenge", "dns-rfc2136"),
        ("acme_dns_propagation_seconds", "0"),
        ("acme_dns_propagation_seconds", "7200"),
        ("acme_webroot", "/var/www/html"),
        ("acme_profile", "tlsserver"),
        ("acme_profile", "tls-server-2"),
        ("import_folder", "/srv/traefik/acme.json"),
        ("import_folder", "/etc/letsencrypt"),
        ("greeting_delay", "0"),
        ("dnsbl", "a.test=127.0.0.[2..3]*2,a.test=127.0.0.4,list.dnswl.org*-3"),
    ],
)
def test_a_good_value_stays_as_it_is_written(key, value):
    """Compose passes on the same text."""
    assert written(getattr(Settings(**NAMES, **{key: value}), key)) == value


def test_none_has_no_list():
    """And several are in their order."""
    assert Settings(**NAMES, dnsbl="none", dnsbl_threshold="9").dnsbl == ()
    assert Settings(**NAMES, dnsbl="b.test*2,a.test,b.test=127.0.0.2").list_zones == [
        "b.test",
        "a.test",
    ]


def test_lists_are_read_once_into_what_they_hold():
    """Capitals, and what is empty between two commas, are gone."""
    made = Settings(
        **NAMES,
        trusted_forwarders="Lists.example,",
        postscreen_allowlist="192.0.2.25,198.51.100.0/24",
        resolver_upstream="192.0.2.53,,192.0.2.54:5353",
        spam_rules_channels="",
    )

    assert made.trusted_forwarders == ("lists.example",)
    assert made.postscreen_allowlist == (
        IPv4Network("192.0.2.25/32"),
        IPv4Network("198.51.100.0/24"),
    )
    assert made.resolver_upstream == (
        NameServer(IPv4Address("192.0.2.53")),
        NameServer(IPv4Address("192.0.2.54"), 5353),
    )
    assert made.spam_rules_channels == ()


def test_the_resolver_is_not_told_to_ask_itself():
    """Each question would go round until it is given up."""
    said = complaint(resolver_upstream="192.0.2.1,172.29.26.53:53")

    assert "172.29.26.53 is our own resolver" in said
    assert Settings(
        **NAMES, resolver_upstream="172.29.26.53", resolver_address="172.29.26.54"
    )


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("relay_password", "`stack relay login`"),
        ("smtp_username", "`stack relay login`"),
        ("tz", "times in the logs are UTC"),
        ("timezone", "times in the logs are UTC"),
    ],
)
def test_a_key_of_another_mail_server_is_told_our_way(key, hint):
    """Better than the nearest setting, which has nothing to do with it."""
    assert hint in complaint(**{key: "x"})


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("acme_dns_wait", "90", "write ACME_DNS_PROPAGATION_SECONDS=90"),
        ("client_exceptions", "192.0.2.1", "write POSTSCREEN_ALLOWLIST=192.0.2.1"),
        ("resolver_network", "10.1.2", "write RESOLVER_NETWORK=10.1.2.0/24 and"),
        ("resolver_network", "10.1.2", "RESOLVER_ADDRESS=10.1.2.53"),
    ],
)
def test_an_old_setting_is_refused_with_what_to_write_now(key, value, words):
    """Of a name that has changed, and of the form of a value; in one line each."""
    said = complaint(**{key: value})

    assert words in said
    assert said.count("\n") == 0


def test_an_old_name_leads_to_a_setting():
    """What is to be written can be written."""
    assert {name.lower() for name in RENAMED.values()} <= Settings.model_fields.keys()
    assert not {name.lower() for name in RENAMED} & Settings.model_fields.keys()


def test_a_key_that_is_no_setting_is_refused_with_the_nearest():
    """A misspelt key is an error, and the key that was meant is named."""
    assert complaint(smpt_port="25") == "SMPT_PORT is not a setting: did you mean" + (
        " SMTP_PORT?"
    )


def test_everything_that_is_wrong_is_told_at_once():
    """Nobody mends a file line by line, running the command in between."""
    said = complaint(smtp_port="x", imap_port="993", spam_mark_score="30", foo="1")

    assert [line.split()[0] for line in said.splitlines()] == [
        "SMTP_PORT",
        "IMAPS_PORT",
        "SPAM_REJECT_SCORE",
        "FOO",
    ]


def test_two_services_cannot_have_one_port():
    """A port that is taken is refused, naming the key that has it."""
    assert complaint(submission_port="25") == (
        "SUBMISSION_PORT must be another port: SMTP_PORT has it"
    )


def test_docker_may_choose_every_port():
    """0 is not a port but a question, so all may say it."""
    ports = dict.fromkeys(["smtp_port", "imap_port", "imaps_port"], "0")

    assert Settings(**NAMES | ports).imap_port == 0


@pytest.mark.parametrize("key", ["relay_host", "relay_by_domain"])
def test_a_relay_without_a_name_cannot_be_verified(key):
    """An address is refused by default: no certificate proves it to Postfix."""
    value = "192.0.2.1:587" if key == "relay_host" else "a.example/192.0.2.1:587"

    assert "RELAY_TLS can't be verify: write 192.0.2.1:587 by" in complaint(
        **{key: value}
    )
    assert Settings(**NAMES, **{key: value}, relay_tls="encrypt").relays


def test_relays_are_kept_in_one_form():
    """Capitals and empty pairs go; what is left is written as in .env."""
    made = Settings(**NAMES, relay_by_domain="A.Example/SMTP.example:587,")

    assert written(made.relay_by_domain) == "a.example/smtp.example:587"


def test_a_domain_has_its_own_relay_or_that_of_all():
    """Who sends from another domain uses RELAY_HOST, or none."""
    own = {"relay_by_domain": "a.example/smtp.example"}
    every = {"relay_host": "relay.example:587"}

    assert str(Settings(**NAMES, **own).relay_of("a.example")) == "smtp.example:25"
    assert Settings(**NAMES, **own).relay_of("example.org") is None
    both = Settings(**NAMES, **own, **every)
    assert str(both.relay_of("a.example")) == "smtp.example:25"
    assert str(both.relay_of("example.org")) == "relay.example:587"


def test_settings_stay_as_they_were_checked(settings):
    """No code can change a setting after it was checked."""
    with pytest.raises(ValidationError, match="frozen"):
        settings.smtp_port = 26
