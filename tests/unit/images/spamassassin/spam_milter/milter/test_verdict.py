"""A scanned message carries what was found, and a refusal says it to its sender."""

from spam_milter.milter.verdict import (
    forward_refusal,
    headers,
    refusal,
    status,
    unscanned,
)
from spam_milter.spamc.client import Scan


def test_a_marked_message_carries_a_flag_and_its_score():
    """The flag is what the filing into Junk goes by."""
    assert headers(Scan(True, 7.34, 5.0, ("A", "B"))) == [
        ("X-Spam-Flag", "YES"),
        ("X-Spam-Score", "7.3"),
        ("X-Spam-Level", "*******"),
        ("X-Spam-Status", "Yes, score=7.3 required=5.0\n\ttests=A,B"),
    ]


def test_a_harmless_message_carries_no_flag():
    """Every message shows that it was scanned, only spam is flagged."""
    assert headers(Scan(False, -1.0, 5.0, ())) == [
        ("X-Spam-Score", "-1.0"),
        ("X-Spam-Level", ""),
        ("X-Spam-Status", "No, score=-1.0 required=5.0\n\ttests=none"),
    ]


def test_spam_level_has_at_most_fifty_stars():
    """A score of a thousand does not make a line of a thousand stars."""
    assert dict(headers(Scan(True, 1000.0, 5.0, ())))["X-Spam-Level"] == "*" * 50


def test_a_long_list_of_tests_is_folded_after_a_comma():
    """No line is longer than mail programs like, and no name is torn."""
    names = tuple(f"A_RULE_WITH_A_LONG_NAME_{count}" for count in range(20))

    lines = status(Scan(False, 1.0, 5.0, names)).split("\n")

    assert max(map(len, lines)) <= 78
    assert all(line.startswith("\t") for line in lines[1:])
    listed = "".join(line.strip() for line in lines[1:])
    assert listed == "tests=" + ",".join(names)


def test_a_refusal_says_why_and_whom_to_ask():
    """A person whose mail was no spam can do something about it."""
    text = refusal(Scan(True, 1000.0, 5.0, ("GTUBE",)), 15.0, "postmaster@example.org")

    assert text == (
        "Message refused: spam score 1000.0, limit 15.0;"
        " if it is no spam, please tell postmaster@example.org"
    )


def test_a_refusal_to_forward_says_so():
    """The message would have been let in if nobody else got it."""
    text = forward_refusal(Scan(True, 6.0, 5.0, ("A",)), "postmaster@example.org")

    assert text == (
        "Message refused: spam score 6.0, and what may be spam is not forwarded;"
        " if it is no spam, please tell postmaster@example.org"
    )


def test_an_unscanned_message_says_so():
    """It has no score, and nobody takes it for one that was found harmless."""
    assert unscanned("it took too long") == [
        ("X-Spam-Status", "Unscanned, it took too long")
    ]
