"""spam-milter.conf: read whole or refused, with the line that is wrong."""

from pathlib import Path

import pytest
from milter_runtime.config_file import ConfigError
from spam_milter.config import Config, load, parse

GOOD = """\
# what the milter decides
reject_score = 15.0
contact = postmaster@example.org
timeout_action=wait

start_timeout = 120
answer_timeout = 40
queue_timeout = 30
scan_limit = 524288
learning = site
log_level = info
"""


def refused(text: str) -> str:
    """Return the words with which *text* is refused."""
    with pytest.raises(ConfigError) as error:
        parse(text, "f")
    return str(error.value)


def test_a_file_with_every_key_is_read():
    """Comments, empty lines and the space around the equals sign say nothing."""
    assert parse(GOOD, "f") == Config(
        reject_score=15.0,
        contact="postmaster@example.org",
        timeout_action="wait",
        start_timeout=120,
        answer_timeout=40,
        queue_timeout=30,
        scan_limit=524288,
        learning="site",
        log_level="info",
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("reject", "f:12: 'reject' is not of the form key = value"),
        ("reject = 1", "f:12: 'reject' is not a setting"),
        ("scan_limit = 3", "f:12: scan_limit is set a second time"),
    ],
)
def test_a_line_too_many_is_named(line: str, words: str):
    """A misspelt or repeated key is refused, with file and line."""
    assert refused(f"{GOOD}{line}\n") == words


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("reject_score", "high"),
        ("reject_score", "nan"),
        ("reject_score", "inf"),
        ("reject_score", ""),
        ("contact", "postmaster"),
        ("contact", "100%d@example.org"),
        ("timeout_action", "pass"),
        ("answer_timeout", "-1"),
        ("queue_timeout", "0"),
        ("queue_timeout", "two"),
        ("scan_limit", "1.5"),
        ("learning", "all"),
        ("log_level", "loud"),
    ],
)
def test_a_bad_value_is_named(key: str, value: str):
    """A value of the wrong kind is refused, with its line and the kind it must have."""
    text = "".join(
        f"{key} = {value}\n" if line.startswith(key) else f"{line}\n"
        for line in GOOD.splitlines()
    )
    number = 1 + [line.partition(" =")[0] for line in text.splitlines()].index(key)

    assert refused(text).startswith(f"f:{number}: {key} is '{value}', but must be ")


def test_everything_wrong_is_said_at_once():
    """Two faults make two lines."""
    words = refused(f"{GOOD}one\ntwo = 2\n").splitlines()

    assert [line.split(" ")[0] for line in words] == ["f:12:", "f:13:"]


def test_a_missing_key_is_named():
    """There are no defaults: what is not said is not guessed."""
    assert (
        refused(GOOD.replace("timeout_action=wait\n", ""))
        == "f: timeout_action is missing"
    )


def test_a_missing_file_is_named(tmp_path: Path):
    """A file that isn't there is an error like any other."""
    with pytest.raises(ConfigError, match=r"spam-milter\.conf.*No such file"):
        load(tmp_path / "spam-milter.conf")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path):
    """A damaged file is refused, not read in part."""
    path = tmp_path / "spam-milter.conf"
    path.write_bytes(b"contact = \xff\n")

    with pytest.raises(ConfigError, match=r"spam-milter\.conf:1: not UTF-8"):
        load(path)
