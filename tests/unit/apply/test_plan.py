"""The order in which certificates and the configuration that names them change."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stack.apply import plan
from stack.certs import store
from stack.certs.bundle import Bundle
from stack.certs.self_signed import self_signed
from stack.config import envfile
from stack.system import files
from stack.system.errors import InvalidError, UnableError
from stack.system.project import Project
from tests.support.certs.authority import HOST
from tests.support.certs.bundles import bundle, put
from tests.support.project import prepared
from tests.support.project.prepared import contents

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
    settings = envfile.load(project.env)
    return [each.words for each in plan.certificates(project, settings, wanted)]


def carry_out(project: Project, wanted) -> None:
    """Have *wanted* there."""
    settings = envfile.load(project.env)
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


def test_where_certificates_alone_are_seen_they_alone_are_planned(ready, tmp_path):
    """
    The service certs has neither accounts nor signing keys, and makes none.

    What names the certificates comes out the same there as where all is seen; that
    tells of what an image is made, too, and images/ is not there either.
    """
    hooks = ready.root / "images" / "postfix" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "check").touch()
    (hooks.parent / "Dockerfile").write_text("FROM a\nCOPY postfix/hooks/ /hooks/\n")
    carry_out(ready, NEW)
    part = Project(tmp_path / "part")
    shutil.copytree(ready.root, part.root, symlinks=True)
    for kind in ("accounts", "dkim", "identity", "relay", "reports", "spam", "srs"):
        shutil.rmtree(part.var / kind)
    shutil.rmtree(part.root / "images")

    assert words(part, NEW | OTHER) == words(ready, NEW | OTHER)
    carry_out(part, NEW | OTHER)
    carry_out(ready, NEW | OTHER)

    seen, whole = contents(part), contents(ready)
    assert seen.items() <= whole.items()
    assert sorted(files.names(part.var)) == ["etc", "tls", "web"]


def test_the_service_certs_leaves_env_to_the_next_init(ready, tmp_path):
    """It asks to be started from now on, and `stack init` writes that down once."""
    part = Project(tmp_path / "part")
    shutil.copytree(ready.root, part.root, symlinks=True)
    shutil.rmtree(part.var / "accounts")
    (asks,) = plan.certs_started(part)
    asks.carry_out()
    assert asks.words == "write var/acme/start-certs"
    assert part.env.read_text() == ready.env.read_text()

    shutil.copytree(part.acme, ready.acme)
    for change in plan.initial(ready, {}):
        change.carry_out()

    assert "COMPOSE_PROFILES=acme" in ready.env.read_text().splitlines()
    assert not plan.is_start_asked(ready)
    assert plan.initial(ready, {}) == []
    assert plan.certs_started(ready) == []


def test_what_was_applied_is_kept_for_the_service_certs(ready):
    """A .env that is edited and not applied yet changes nothing there."""
    before = ready.applied.read_text()
    assert before == ready.env.read_text()
    with ready.env.open("a") as env_file:
        env_file.write("LOG_LEVEL=debug\n")

    assert ready.applied.read_text() == before
    for change in plan.initial(ready, {}):
        change.carry_out()
    assert ready.applied.read_text() == ready.env.read_text()


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

    assert [each.words for each in changes] == ["write .env", "write var/etc/certs/env"]
    assert ready.env.read_text() == prepared.ENV + "COMPOSE_PROFILES=acme\n"
    assert ready.applied.read_text() == ready.env.read_text()
    assert plan.certs_started(ready) == []


# --- What was made here goes with its host ---

NOW = datetime.now(UTC)


def made(*hosts: str) -> Bundle:
    """What `stack cert self-signed` makes."""
    return self_signed(hosts, NOW)


def apply(changes) -> None:
    """Carry out *changes*."""
    for change in changes:
        change.carry_out()


def test_the_certificate_of_a_host_that_we_are_no_more_goes(ready):
    """It was made here for MAIL_HOSTNAME, which was in no domain of ours."""
    apply(plan.initial(ready, {"MAIL_HOSTNAME": "server.provider.example"}))
    assert files.names(ready.tls) == [MAIN, "server.provider.example.pem"]

    apply(plan.initial(ready, {"MAIL_HOSTNAME": "mx.example.org"}))

    assert files.names(ready.tls) == [MAIN, "mx.example.org.pem"]
    assert "provider" not in (ready.etc / "postfix" / "sni.texthash").read_text()
    assert plan.initial(ready, {}) == []


OLD = "server.provider.example"


@pytest.mark.parametrize(
    "kept", [bundle(OLD), bundle(OLD, by=()), made(OLD, "imap.example.org")]
)
def test_what_was_brought_or_serves_another_host_stays(ready, kept):
    """An authority's, one that vouches for itself, one for a host of ours as well."""
    apply(plan.initial(ready, {"MAIL_HOSTNAME": OLD}))
    (ready.tls / f"{OLD}.pem").write_text(kept.pem)

    apply(plan.initial(ready, {"MAIL_HOSTNAME": HOST}))

    assert files.names(ready.tls) == [MAIN, f"{OLD}.pem"]


def test_the_certificates_of_a_domain_go_with_it(ready):
    """Those made here for hosts in it alone; what others made of it stays."""
    settings = envfile.load(ready.env)
    apply(plan.domains_added(ready, settings, ["a.example", "b.a.example"]))
    put(
        ready.tls,
        mail__a__example=made("mail.a.example", "a.example"),
        b__a__example=made("b.a.example"),
        both__a__example=made("both.a.example", HOST),
        brought__a__example=bundle("brought.a.example"),
        nota__example=made("nota.example"),
    )
    before = set(files.names(ready.tls))

    apply(plan.domains_removed(ready, settings, ["a.example"]))

    assert before - set(files.names(ready.tls)) == {"mail.a.example.pem"}
    table = (ready.etc / "postfix" / "sni.texthash").read_text()
    assert "mail.a.example" not in table
    assert "b.a.example" in table


def test_the_certificate_of_the_host_outlives_its_domain(ready):
    """MAIL_HOSTNAME may be in a domain that has no mailboxes any more."""
    apply(plan.domains_added(ready, envfile.load(ready.env), ["a.example"]))
    named = {"MAIL_HOSTNAME": "mail.a.example"}
    apply(plan.initial(ready, named))

    apply(plan.domains_removed(ready, envfile.load(ready.env), ["a.example"]))

    assert files.names(ready.tls) == ["mail.a.example.pem", MAIN]
