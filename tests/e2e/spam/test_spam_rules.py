"""New spam rules are used if they pass every check; else the rules in use stay."""

import json

import pytest

from tests.support.configuration.reload import with_settings
from tests.support.configuration.templates import await_applied, settings
from tests.support.faults.services import kill
from tests.support.mail.message import GTUBE, letter
from tests.support.spam.rule_channel import (
    OWN,
    PACKAGED,
    TIMEOUT,
    Channel,
    Rule,
    check_for_updates,
    hits,
    run_in_updater,
    run_with_image_rules,
    set_in_use,
    wait_for_rule,
    wait_for_words,
)
from tests.support.wait import wait_until


@pytest.fixture(scope="module")
def channel(server, mirror, own):
    """
    Add rules.test to the channels, with its key; restore the image's rules afterwards.
    """
    project = server.project
    channel, keys = Channel(project), "var/spam/keys"
    project.as_root(
        f"mkdir -p {keys}; cat > {keys}/rules.test.asc <<'END'\n{channel.key}END"
    )
    with settings(project, SPAM_RULES_CHANNELS="rules.test"):
        project.stack("init", "--yes")
        await_applied(project, "spamassassin")
        check_for_updates(project)
        wait_until(
            lambda: "rules.test" in last_run(project).get("channels", ()),
            "the channel",
            TIMEOUT,
        )
        yield channel
        channel.withdraw()
    project.as_root(f"rm -r {keys}")
    with with_settings(project, SPAM_RULES_UPDATE="no"):
        wait_until(
            lambda: set_in_use(project) == PACKAGED, "the image's rules", TIMEOUT
        )


def last_run(project) -> dict:
    """Return the state of the updater's last run: empty before the first."""
    script = "cat /rules/state.json || echo {}"
    return json.loads(project.inside("rule-updater", "sh", "-c", script))


@pytest.fixture
def taken(server, channel, scan) -> Rule:
    """Have a rule of the channel in use: that of the last update, or of a new one."""
    if not channel.taken:
        rule = Rule()
        channel.publish(str(rule))
        take(server.project, channel, scan, rule)
    return channel.taken


def take(project, channel, scan, rule: Rule) -> None:
    """Have the updater take *rule*, and mail go on until it is in use."""
    wait_for_words(project, "is ready", check_for_updates(project))
    wait_for_rule(scan, rule)
    channel.taken = rule


def test_valid_rules_are_used_without_delaying_mail(server, taken):
    """
    An update with valid rules is compiled and used within minutes, and delays no mail.
    """
    assert set_in_use(server.project).startswith("/rules/sets/")
    assert "rules.test" in json.dumps(last_run(server.project))


def test_updated_rules_are_used_in_compiled_form(server, taken):
    """SpamAssassin uses the compiled form of all updated rules that can be compiled."""
    project = server.project

    told = project.inside("spamassassin", "sh", "-c", TOLD).decode()

    compiled = project.inside("spamassassin", "sh", "-c", f"cat {COMPILED}").decode()
    assert taken.name in compiled
    assert ALL_USED in told


@pytest.mark.core
def test_the_rules_of_the_image_are_used_in_compiled_form(server):
    """
    SpamAssassin uses the compiled form of all rules of the image that can be compiled.
    """
    assert ALL_USED in run_with_image_rules(server.project, TOLD)


TOLD = "spamassassin --debug zoom --lint --siteconfigpath=/live/current 2>&1"
ALL_USED = "'body_0' compiled rules (100%)"
COMPILED = "/var/lib/spamassassin/compiled/*/*/bases_body_0.pl"

# Who signs, what, and the words in the log. spamcop_to_address is a setting of a plugin
# that the package loads and our configuration doesn't: it passes the first check. The
# log says the same words once in a row: no two neighbours have the same.
REFUSED = {
    "a stranger's key": ("stranger", "", "GPG validation failed"),
    "a broken rule": ("known", "body X /(open/", "lint check of update failed"),
    "changed on the way": ("known", "", "GPG validation failed"),
    "a broken rule here": (
        "known",
        "spamcop_to_address a@spam.test",
        "check of the rules: warn: config: failed to parse line",
    ),
    "all is spam": ("known", "body ALL /./\nscore ALL 99", "plain letter is"),
}


@pytest.mark.provokes("rule-updater", "not updated, those in use stay")
def test_invalid_rules_are_refused(server, channel, scan):
    """
    Invalid rules are refused with the reason in the log, and those in use stay.

    Refused are rules that are not signed by the channel's key, or were changed after
    signing; that can't be parsed, there or here; and that call all mail spam.
    """
    project, rule = server.project, Rule()
    before = set_in_use(project)

    for fault, (signed_by, line, words) in REFUSED.items():
        version = channel.publish(f"{rule}{line}\n", signed_by)
        if fault == "changed on the way":
            channel.spoil(version)
        wait_for_words(project, words, check_for_updates(project), f"of {fault}")
        assert set_in_use(project) == before, fault

    assert not hits(scan, rule)
    assert project.health("spamassassin") == "healthy"
    assert project.health("rule-updater") == "healthy"
    recover(project, channel)


# Tries out the rules of the image, with the lines in argv.
TRIAL = """
import sys
from spam_rules import sets
from spam_rules.update import trial, updater

sets.Sets().begin()
with updater.configuration() as config:
    with (config / "local.cf").open("a") as file:
        file.write(sys.argv[1])
    try:
        trial.scans(config)
    except trial.FailedError as error:
        print(error)
"""


@pytest.mark.core
def test_rules_that_miss_known_spam_are_refused(server):
    """Rules that don't find known spam (GTUBE) are refused."""
    said = run_in_updater(server.project, TRIAL, "score GTUBE 0.1\n")

    assert said == "trial: known spam (GTUBE) is not found\n"


def recover(project, channel) -> None:
    """Withdraw the update, and wait until the updater is up to date again."""
    channel.withdraw()
    begin = check_for_updates(project)
    wait_for_words(project, "rules: up to date again", begin)


def test_a_killed_updater_changes_nothing_and_tries_again(server, channel, scan):
    """
    An updater that is killed while it compiles changes nothing, and then tries again.
    """
    project, rule = server.project, Rule()
    before = set_in_use(project)
    channel.publish(str(rule))
    check_for_updates(project)
    wait_until(lambda: is_compiling(project), "sa-compile at work", TIMEOUT)

    kill(project, "rule-updater")

    assert set_in_use(project) == before
    assert not hits(scan, rule)
    project.wait_for("healthy", "rule-updater", TIMEOUT)
    take(project, channel, scan, rule)
    assert b"next" not in project.inside("rule-updater", "ls", "/rules/sets")


def is_compiling(project) -> bool:
    """Say whether the updater runs sa-compile."""
    processes = project.container("rule-updater").top()["Processes"]
    return any("sa-compile" in " ".join(row) for row in processes)


def test_without_a_network_the_rules_in_use_stay(server, channel, scan, alice, spammer):
    """
    Without a network the updater logs it once, is healthy, and the rules in use stay.
    """
    project = server.project
    updater, before = project.container("rule-updater"), set_in_use(project)
    names = [f"{project.name}_{each}" for each in ("edge", "names", "world")]
    networks = [project.docker.networks.get(name) for name in names]

    for network in networks:
        network.disconnect(updater)
    try:
        begin = check_for_updates(project)
        wait_for_words(project, "not updated, those in use stay", begin)
        failures = last_run(project)["failures"]
        check_for_updates(project)
        wait_until(
            lambda: last_run(project)["failures"] > failures,
            "another try",
            TIMEOUT,
        )
        assert project.said("rule-updater", begin).count("not updated") == 1
        project.inside("rule-updater", "python3", "-m", "spam_rules.health")
        assert set_in_use(project) == before
        assert refuses_known_spam(spammer, alice)
    finally:
        for network in networks:
            network.connect(updater)
    recover(project, channel)


def refuses_known_spam(spammer, alice) -> bool:
    """Whether the filter still knows spam."""
    message = letter("a@outside.test", alice.address, "spam", GTUBE)
    return spammer.send(alice.address, message).code == 550


def test_own_rules_are_used_beside_updates(server, own, taken, scan):
    """
    The operator's own rules are used beside updates, and `stack init` doesn't change
    them.
    """
    project = server.project
    assert hits(scan, own)
    assert "USER_IN_WELCOMELIST" in scan("It is me.\n", sender="a@welcome.test")

    project.stack("init", "--yes")

    assert own.name in project.as_root(f"cat {OWN}")
    assert hits(scan, own)


def test_spam_rules_update_no_restores_the_rules_of_the_image(
    server, channel, taken, scan
):
    """SPAM_RULES_UPDATE=no restores the image's rules without a restart."""
    project = server.project
    assert hits(scan, taken)

    with with_settings(
        project, SPAM_RULES_CHANNELS="rules.test", SPAM_RULES_UPDATE="no"
    ):
        wait_until(
            lambda: set_in_use(project) == PACKAGED, "the image's rules", TIMEOUT
        )
        wait_until(lambda: not hits(scan, taken), "no hit", TIMEOUT)
        # Or they would be fetched again.
        channel.withdraw()
        channel.taken = None
