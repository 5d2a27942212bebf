"""What looks like an address in From:, to those who read display names."""

import base64

import pytest
from mail_auth.headers.display_text import addresses_shown


def _b(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


@pytest.mark.parametrize(
    "name",
    [
        '"boss@b.test"',
        "'boss@b.test'",
        '"The boss (boss@b.test)"',
        '"Boss, boss@b.test."',
        '"\\"boss\\"@b.test"',
        '"b\\oss@b.test"',
        "=?utf-8?q?boss=40b=2Etest?=",
        "=?utf-8*en?Q?boss=40b.test?=",
        '"=?utf-8?q?boss=40b.test?="',
        "=?utf-8?q?bo?= =?us-ascii?q?ss=40b.test?=",
        _b("The boss <boss@b.test>"),
        _b("boss@b.test", "utf-16"),
        _b("boss@b.test").rstrip("=?") + "?=",
        "(boss@b.test)",
        "BOSS@B.TEST",
        "boss\uff20b.test",
        "boss@b\uff0etest",
        "bo\u200bss@b.\u2060test",
    ],
)
def test_address_in_display_name_is_found(name):
    """However it is written there: what counts is what a reader sees."""
    found = [str(each).lower() for each in addresses_shown(f"{name} <alice@a.test>")]

    assert found == ["boss@b.test", "alice@a.test"]


@pytest.mark.parametrize(
    "name",
    [
        "Alice",
        '"Alice @ Books"',
        '"@alice"',
        '"alice@work"',
        "=?utf-8?q?J=C3=B6rg?=",
        "=?x-unknown?q?boss=40b.test?=",
        "=?utf-8?b?A?=",
        "Jörg \udcf6",
    ],
)
def test_plain_display_name_holds_no_address(name):
    """An @ alone makes no address, and what no reader can decode shows none."""
    found = [str(each) for each in addresses_shown(f"{name} <alice@a.test>")]

    assert found == ["alice@a.test"]
