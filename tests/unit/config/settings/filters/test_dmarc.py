"""DMARC and its exemptions: refused and accepted values."""

import pytest

from stack.config.reference import written
from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import NAMES, complaint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("dmarc_policy", "reject", "must be off, mark or refuse"),
        ("trusted_forwarders", "a@b.example", "must be a domain name"),
        ("trusted_forwarders", "a.example, b.example", "must be a domain name"),
        ("arc_trusted_sealers", "localhost", "must be a domain name"),
        ("arc_trusted_sealers", "a.example,A.example", "a.example is there twice"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dmarc_policy", "mark"),
        ("trusted_forwarders", "lists.example,b.example"),
    ],
)
def test_good_value_is_written_back_unchanged(key, value):
    """Compose passes on the same text."""
    assert written(getattr(Settings(**NAMES, **{key: value}), key)) == value
