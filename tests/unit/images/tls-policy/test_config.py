"""The configuration of the service tls-policy."""

import pytest
from milter_runtime.config_file import ConfigError
from tls_policy.config import Config, load

from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.places import CONFIG

SERVED = Served(("mail.example.org.pem",), ())
NAMES = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}


@pytest.mark.parametrize("dnssec", ["yes", "no"])
def test_what_is_rendered_is_read(tmp_path, dnssec):
    """DANE needs DNSSEC."""
    settings = Settings(**NAMES, resolver_dnssec=dnssec)
    file = tmp_path / "tls-policy.conf"
    rendered = render(CONFIG, settings, [], SERVED)
    file.write_text(rendered["tls-policy/tls-policy.conf"])

    assert load(file) == Config(dane=dnssec == "yes", debug=False)
    assert ("security_level = dane" in rendered["postfix/main.cf"]) == (dnssec == "yes")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "dane = maybe\nlog_level = info",
            ":1: dane is 'maybe', but must be yes or no",
        ),
        ("dane = yes", ": log_level is missing"),
        ("dane = yes\nlog_level = info\nx = 1", ":3: 'x' is not a setting"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, text, problem):
    """And the configuration is refused."""
    file = tmp_path / "tls-policy.conf"
    file.write_text(text)

    with pytest.raises(ConfigError) as refused:
        load(file)

    assert str(refused.value) == f"{file}{problem}"
