"""The order in which certificates and the configuration that names them change."""

from pathlib import Path

import pytest

from stack import env, plan
from stack.certs import store
from stack.errors import InvalidError, UnableError
from stack.project import Project
from tests.unit import prepared
from tests.unit.current import bundle
from tests.unit.issuing import HOST
from tests.unit.prepared import contents

MAIN, BESIDE = store.files_of(HOST)
NEW = {MAIN: bundle().pem, BESIDE: bundle(rsa=True).pem}
OTHER = {"a.example.pem": bundle("a.example", "*.a.example").pem}
CONFIGURATION = [
    "write var/etc/dovecot/dovecot.conf",
    "write var/etc/postfix/main.cf",
    "write var/etc/postfix/sni.texthash",
    "write var/etc/dovecot/SHA256SUMS",
    "write var/etc/postfix/SHA256SUMS",
]


@pytest.fixture
def ready(tmp_path: Path) -> Project:
    """A project after `stack init`, with the real templates."""
    return prepared.project(tmp_path)


def words(project: Project, wanted) -> list[str]:
    """Return the plan to have *wanted*."""
    settings = env.load(project.env)
    return [each.words for each in plan.certificates(project, settings, wanted)]


def carry_out(project: Project, wanted) -> None:
    """Have *wanted* there."""
    settings = env.load(project.env)
    for change in plan.certificates(project, settings, wanted):
        change.carry_out()


def test_what_the_configuration_will_name_is_there_before_it(ready):
    """The sums come last of all, as they make a container take it."""
    assert words(ready, NEW | OTHER) == [
        f"write var/tls/{MAIN}",
        f"write var/tls/{BESIDE}",
        "write var/tls/a.example.pem",
        *CONFIGURATION,
    ]


def test_what_the_configuration_named_goes_after_it(ready):
    """Whatever the order in which it is asked for."""
    carry_out(ready, NEW | OTHER)
    newer = bundle().pem

    wanted = {BESIDE: None, "a.example.pem": None, MAIN: newer}

    assert words(ready, wanted) == [
        f"write var/tls/{MAIN}",
        *CONFIGURATION,
        f"remove var/tls/{BESIDE}",
        "remove var/tls/a.example.pem",
    ]


def test_a_renewal_changes_one_file(ready):
    """The configuration names it already: sessions and sums stay."""
    assert words(ready, {MAIN: NEW[MAIN], BESIDE: None}) == [f"write var/tls/{MAIN}"]


def test_what_is_there_already_is_no_change(ready):
    """Nor is the absence of what never was there."""
    carry_out(ready, NEW)

    assert words(ready, NEW | dict.fromkeys(OTHER)) == []


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({MAIN: "no certificate"}, f"{MAIN}: is not a key with its certificate"),
        ({MAIN: None}, f"MAIL_HOSTNAME={HOST}"),
        (
            {"a.example.pem": NEW[MAIN][:500]},
            "a.example.pem: is not a key with its certificate",
        ),
    ],
)
def test_what_cannot_be_served_changes_nothing(ready, wanted, reason):
    """It is found out before the first file is written."""
    as_it_was = contents(ready)

    with pytest.raises(UnableError, match=reason):
        words(ready, NEW | wanted)

    assert contents(ready) == as_it_was


def test_a_mistake_in_a_template_changes_nothing(ready):
    """The operator was at work on it when a renewal came."""
    (ready.root / "config").unlink()
    template = ready.config / "postfix" / "main.cf.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ nonsense }}\n")
    as_it_was = contents(ready)

    with pytest.raises(InvalidError, match="'nonsense' is undefined"):
        words(ready, NEW)

    assert contents(ready) == as_it_was


def test_the_service_that_renews_is_started_with_the_others(ready):
    """By a line in .env, which Compose reads; a second time there is nothing to do."""
    changes = plan.certs_started(ready)
    for change in changes:
        change.carry_out()

    assert [each.words for each in changes] == ["write .env", "write var/last-good.env"]
    assert ready.env.read_text() == prepared.ENV + "COMPOSE_PROFILES=acme\n"
    assert ready.kept_env.read_text() == ready.env.read_text()
    assert plan.certs_started(ready) == []
