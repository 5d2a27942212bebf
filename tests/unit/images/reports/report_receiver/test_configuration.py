"""reports.toml is read whole or refused, with what is wrong."""

from types import SimpleNamespace

import pytest
from report_receiver.configuration import Configuration, load

from stack.apply.render import render
from stack.certs.store import Served
from tests.support.places import CONFIG

GOOD = 'server = "Mail.a.test"\nkeep_days = 400\ndomains = ["a.test"]\n'


def test_the_configuration_is_read(tmp_path):
    """Names are compared in lower case."""
    (tmp_path / "reports.toml").write_text(GOOD)

    assert load(tmp_path) == Configuration("mail.a.test", 400, frozenset({"a.test"}))


def test_the_template_names_our_domains(tmp_path, settings):
    """All that have DKIM keys: those that `stack dns show` publishes records for."""
    keys = [SimpleNamespace(domain=name) for name in ("example.org", "a.example")]
    served = Served(("mail.example.org.pem",), ())
    found = render(CONFIG, settings, keys, served, ("reports",))
    (tmp_path / "reports.toml").write_text(found["reports/reports.toml"])

    assert load(tmp_path) == Configuration(
        "mail.example.org", 400, frozenset({"example.org", "a.example"})
    )


@pytest.mark.parametrize(
    ("domain", "ours"),
    [
        ("a.test", True),
        ("below.a.test", True),
        ("mx.hoster.test", True),
        ("hoster.test", False),
        ("test", False),
        ("ba.test", False),
        ("a.test.other", False),
        ("", False),
    ],
)
def test_a_domain_of_ours_and_those_below_are_ours(domain, ours):
    """So is the server, wherever its name is; a name that only ends alike is not."""
    ours_are = Configuration("mx.hoster.test", 1, frozenset({"a.test"}))
    assert ours_are.is_ours(domain) is ours


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("keep_days = 400", "keep_days = lots", "reports.toml:2: Invalid value"),
        ("keep_days = 400", 'keep_days = "400"', "keep_days must be a int"),
        ("keep_days = 400", "keep_days = 0", "keep_days must be 1 or more"),
        ("keep_days = 400", "", "keep_days must be a int"),
        ("keep_days", "misspelt = 1\nkeep_days", "'misspelt' is not a setting"),
        ('["a.test"]', '["a.test", 7]', "domains must be names"),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path, old, new, problem):
    """The error names the file and the key."""
    (tmp_path / "reports.toml").write_text(GOOD.replace(old, new))

    with pytest.raises(ValueError, match=problem):
        load(tmp_path)
