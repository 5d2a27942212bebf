"""A second clone can't take over the volumes, and a lost .env is not made anew."""

from collections.abc import Iterator

import pytest

from tests.support.harness.clone import (
    ids,
    marks,
    new_clone,
    run_up,
    second_clone,
    variables,
    without_env,
)
from tests.support.harness.subnets import free_networks
from tests.support.server.project import Project
from tests.support.wait import wait_until

USER = "alice@example.test"
LETTER = f"From: {USER}\nSubject: kept\n\nThis is kept.\n"
HOLDERS = ("postfix", "dovecot", "spamassassin")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Have a server of a clone, with a user who has a message."""
    project = new_clone(tmp_path_factory.mktemp("first") / "clone", "own")
    done = run_up(project)
    assert done.returncode == 0, done.stderr
    project.stack("user", "add", USER, "--generate")
    save = ("doveadm", "save", "-u", USER)
    project.execute("dovecot", *save, stdin=LETTER)
    # Its second look shows that all volumes are marked.
    project.stack("init", "--yes")
    yield project
    project.compose("down", "--volumes", "--remove-orphans")
    project.remove()


@pytest.fixture
def second(first: Project, tmp_path_factory: pytest.TempPathFactory):
    """Have another clone, to Compose the same project; the first runs afterwards."""
    project = second_clone(first, tmp_path_factory.mktemp("second") / "clone")
    yield project
    first.compose("up", "--detach", "--wait")
    project.remove()


def subjects(project: Project) -> str:
    """What the user's inbox holds."""
    fetch = ("doveadm", "fetch", "-u", USER, "hdr.subject", "all")
    return project.execute("dovecot", *fetch).stdout


def refusal(project: Project, service: str, words: str) -> bool:
    """Whether *service* has ended at its start with *words*."""
    said = project.compose("logs", "--no-log-prefix", service).stdout
    return f"not starting: {words}" in said


@pytest.mark.core
def test_a_second_clone_is_refused_before_any_change(first, second):
    """
    A second clone is refused with both folders and the remedy; the first server runs
    on.
    """
    before = ids(first)

    run = second.compose("run", "--rm", "stack", check=False)
    up = run_up(second)

    assert (run.returncode, up.returncode) == (3, 3)
    for said in (run.stderr, up.stderr):
        assert f"belongs to the server in {first.folder}" in said
        assert f"not to this one in {second.folder}: " in said
        assert "COMPOSE_PROJECT_NAME" in said
    assert ids(first) == before
    assert not (second.folder / ".env").exists()


def test_containers_of_a_second_clone_do_not_start(first, second):
    """
    Containers that Compose makes for a second clone don't start on the first one's
    volumes.

    The first server is complete when it is started again in its folder.
    """
    before = marks(first)

    up = second.compose("up", "--detach", "--wait", check=False)
    for service in HOLDERS:
        wait_until(
            lambda service=service: refusal(
                second, service, f"/live belongs to the server in {first.folder}"
            ),
            f"a refusal by {service}",
        )

    assert up.returncode != 0
    assert marks(first) == before
    first.compose("up", "--detach", "--wait")
    assert "kept" in subjects(first)


def test_stack_adopt_hands_the_volumes_over(first, second):
    """
    After `stack adopt` in another folder, the volumes are that one's, and the first is
    refused.
    """
    adopted = second.compose("run", "--rm", "stack", "adopt")
    second.compose("up", "--detach", "--wait")
    refused = first.compose("run", "--rm", "stack", check=False)
    owner = marks(second)

    first.compose("run", "--rm", "stack", "adopt")
    first.compose("up", "--detach", "--wait")

    assert "docker compose up --detach --wait" in adopted.stderr
    assert refused.returncode == 3
    assert f"belongs to the server in {second.folder}" in refused.stderr
    assert owner.count(str(second.folder)) == len(owner.splitlines()) // 2
    assert "kept" in subjects(first)


def test_a_moved_folder_keeps_its_volumes(first):
    """A folder that was moved keeps its volumes, by the id in it."""
    here = first.folder
    first.down()
    first.folder = here.rename(here.with_name("moved"))
    try:
        assert run_up(first).returncode == 0
        moved, kept = marks(first), subjects(first)
        first.down()
    finally:
        first.folder = first.folder.rename(here)
    run_up(first)

    assert "kept" in kept
    assert moved.count("/moved\n") == len(moved.splitlines()) // 2


@pytest.mark.core
def test_a_lost_env_is_not_replaced_by_a_new_one(first):
    """
    When .env is lost, `stack init` names the last good copy, and makes no new one.

    The server goes on.
    """
    text = (first.folder / ".env").read_text()

    with without_env(first):
        alone = first.compose("run", "--rm", "stack", check=False)
        made = (first.folder / ".env").exists()
    kept = (first.folder / "var" / "etc" / "certs" / "env").read_text()

    assert alone.returncode == 4
    assert "`cp var/etc/certs/env .env`" in alone.stderr
    assert not made
    assert kept == text
    assert {first.health(service) for service in ids(first)} == {"healthy"}


def test_a_server_without_its_project_name_takes_no_new_volumes(first):
    """
    A server that lost its COMPOSE_PROJECT_NAME doesn't start on new, empty volumes.
    """
    name = f"{first.name}-lost"
    lost = Project(
        name,
        first.folder,
        environment=first.environment
        | variables(first)
        | free_networks()
        | {"COMPOSE_PROJECT_NAME": name},
    )
    with without_env(first):
        try:
            lost.compose("up", "--detach", check=False)
            for service in HOLDERS:
                wait_until(
                    lambda service=service: refusal(lost, service, ""),
                    f"a refusal by {service}",
                )
            said = lost.compose("logs", "postfix").stdout
        finally:
            lost.compose("down", "--volumes")

    assert "is not the volume that this server had, but a new one" in said
    first.compose("up", "--detach", "--wait")
    assert "kept" in subjects(first)
