"""Which keys sign is recorded beside them; without a record the newest ones do."""

import pytest

from stack.dns.dkim import state
from stack.dns.dkim.state import SigningKeys
from stack.system.errors import UnableError


def test_without_a_record_the_newest_keys_sign(tmp_path):
    """Folders of earlier versions have none."""
    home = tmp_path / "example.org"
    home.mkdir()
    for name in ("rsa-202611.pem", "rsa-202702.pem", "ed25519-202611.seed"):
        (home / name).touch()

    known = state.load(tmp_path, "example.org")

    found = SigningKeys("example.org", "rsa-202702", "ed25519-202611")
    assert known.selectors("example.org") == found
    assert (known.next, known.retired) == (None, ())


def test_a_domain_without_keys_has_none(tmp_path):
    """Before `stack init` made the keys, that is what to run."""
    known = state.load(tmp_path, "example.net")

    assert known.known == ["", ""]
    with pytest.raises(UnableError, match="has not both DKIM keys yet: run `stack i"):
        known.signing.records_of(tmp_path / "example.net")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"signing": {"rsa": "../../tls/key", "ed25519": "ed25519-202611"}}',
        '{"signing": {"rsa": "rsa-202611", "ed25519": "ed25519-202611"}, "more": 1}',
    ],
)
def test_a_damaged_record_is_named_with_its_remedy(tmp_path, text):
    """Nothing is guessed: a key that nobody published could sign."""
    path = state.path(tmp_path, "example.org")
    path.parent.mkdir()
    path.write_text(text)

    with pytest.raises(UnableError, match=r"state\.json: is not as stack writes it"):
        state.load(tmp_path, "example.org")
