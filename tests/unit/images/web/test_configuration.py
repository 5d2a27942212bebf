"""What nginx is told: for which names it serves what, with which certificates."""

import re

import pytest

from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from stack.services.web.sites import Site
from tests.support.places import CONFIG

SERVED = Served(("mail.example.org.pem",), ())
SITES = [
    Site(
        "mta-sts", "a.example", ("mta-sts.a.example.pem", "mta-sts.a.example.rsa.pem")
    ),
    Site("autoconfig", "a.example", ()),
    Site("autoconfig", "b.example", ("autoconfig.b.example.pem",)),
]


def rendered(**values: str) -> dict[str, str]:
    """Render all that is in config/web."""
    names = {"mail_domain": "a.example", "mail_hostname": "mail.example.org"}
    settings = Settings(**names | {"web": "yes"} | values)
    return render(CONFIG, settings, [], SERVED, ["web"], SITES)


def servers(text: str) -> list[str]:
    """Return each server block."""
    return re.findall(r"(?ms)^    server \{\n.*?^    \}$", text)


def test_each_name_has_its_own_certificates():
    """A name without one is not served over TLS; the others are."""
    tls = [each for each in servers(rendered()["web/nginx.conf"]) if "ssl" in each]

    default, first, second = tls
    assert "default_server" in default
    assert "ssl_reject_handshake on;" in default
    assert "ssl_certificate " not in default
    assert "server_name mta-sts.a.example;" in first
    assert re.findall(r"ssl_certificate /live/current/tls/(.*);", first) == [
        "mta-sts.a.example.pem",
        "mta-sts.a.example.rsa.pem",
    ]
    assert "alias /live/current/mta-sts.txt;" in first
    assert "autoconfig" not in first
    assert "server_name autoconfig.b.example;" in second
    assert "sub_filter @domain@ b.example;" in second
    assert "mta-sts" not in second


def test_port_80_shows_challenges_alone():
    """No link in a webroot leads out of it."""
    plain = [
        each for each in servers(rendered()["web/nginx.conf"]) if "443" not in each
    ]

    assert len(plain) == 2
    for each in plain:
        (root,) = re.findall(r"root (\S+);", each)
        assert root == "/webroot"
        assert "disable_symlinks on;" in each
    assert "server_name mta-sts.a.example autoconfig.a.example" in plain[1]


@pytest.mark.parametrize(
    ("mode", "seconds"), [("testing", 86_400), ("enforce", 2_419_200), ("none", 86_400)]
)
def test_the_policy_names_this_server_alone(mode, seconds):
    """RFC 8461 §3.2: a year at most, and long while it is enforced."""
    assert rendered(mta_sts=mode)["web/mta-sts.txt"] == (
        f"version: STSv1\nmode: {mode}\nmx: mail.example.org\nmax_age: {seconds}\n"
    )


def test_the_settings_name_the_published_ports():
    """Where Docker chooses, the usual ones: something else passes those on."""
    own = rendered(imaps_port="9993", submissions_port="0")["web/autoconfig.xml"]

    assert re.findall("<port>(.*)</port>", own) == ["9993", "465"]
    assert own.startswith("<?xml ")
    assert "{" not in own


def test_the_service_certs_is_told_the_names():
    """A kind and a domain a line."""
    assert rendered()["web/sites"].splitlines() == [
        "mta-sts a.example",
        "autoconfig a.example",
        "autoconfig b.example",
    ]
