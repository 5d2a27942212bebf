"""Whom Postfix asks about viruses, and how much of a message is looked at."""

import pytest

from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from stack.config.settings.limits import LARGEST_MESSAGE
from tests.support.places import CONFIG

SERVED = Served(("mail.example.org.pem",), ())


def rendered(**values: object) -> dict[str, str]:
    """Render all that is in config/, by its path under var/etc."""
    names = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}
    return render(CONFIG, Settings(**names | values), [], SERVED)


def parameter(text: str, name: str) -> list[str]:
    """Return the words of the parameter *name* of main.cf."""
    lines = text[text.index(f"\n{name} =") + 1 :].splitlines()
    more = next(i for i, line in enumerate(lines[1:], 1) if line[:1] != " ")
    return " ".join(lines[:more]).partition("=")[2].split()


def option(text: str, name: str) -> int:
    """Return the number that the option *name* of ClamAV is set to."""
    (line,) = [each for each in text.splitlines() if each.startswith(f"{name} ")]
    return int(line.split()[1])


@pytest.mark.parametrize("milters", ["mx_milters", "mua_milters"])
def test_antivirus_setting_adds_the_scanner_to_both_milter_lists(milters):
    """For mail in and for mail out, and nowhere else changes who is asked."""
    without = parameter(rendered()["postfix/main.cf"], milters)
    asked = parameter(rendered(antivirus="yes")["postfix/main.cf"], milters)

    assert "inet:filter-clamav:8894" not in without
    assert [each for each in asked if each != "inet:filter-clamav:8894"] == without
    assert "inet:filter-clamav:8894" in asked


def test_signer_is_the_last_milter_for_submission():
    """What is signed is not touched again, and not looked at in vain."""
    asked = parameter(rendered(antivirus="yes")["postfix/main.cf"], "mua_milters")

    assert asked == ["inet:filter-clamav:8894", "inet:dkim-sign:8891"]


def test_bounces_of_postfix_are_not_scanned():
    """They hold headers only, and those of a message that was scanned."""
    text = rendered(antivirus="yes")["postfix/main.cf"]

    assert parameter(text, "non_smtpd_milters") == ["inet:dkim-sign:8891"]


@pytest.mark.parametrize("limit", [65_536, 52_428_800, LARGEST_MESSAGE])
def test_scan_limits_exceed_the_message_size_limit(limit):
    """The milter hands on, and clamd takes, more than Postfix lets in."""
    files = rendered(message_size_limit=limit)

    # clamd can't look at files of 2 GiB, and wouldn't say so.
    assert limit < option(files["clamav/clamav-milter.conf"], "MaxFileSize")
    assert limit < option(files["clamav/clamd.conf"], "MaxFileSize") < 2**31
    assert limit < option(files["clamav/clamd.conf"], "MaxScanSize")


def test_scan_over_its_time_limit_is_an_error():
    """
    The milter gives up, and the message waits, before clamd says OK for want of time.

    And Postfix hears of it before it gives the milter up.
    """
    files = rendered()
    patience = option(files["clamav/clamav-milter.conf"], "ReadTimeout")
    (given,) = parameter(files["postfix/main.cf"], "milter_content_timeout")

    assert 1000 * patience < option(files["clamav/clamd.conf"], "MaxScanTime")
    assert patience < int(given.removesuffix("s"))
