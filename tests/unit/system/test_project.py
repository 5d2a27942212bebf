"""The project directory: paths, permissions and locks."""

import multiprocessing
from contextlib import ExitStack, contextmanager

import pytest

from stack.system import files
from stack.system import project as module
from stack.system.errors import UnableError
from stack.system.files import Access
from stack.system.project import Project


def test_other_directory_is_refused_with_a_remedy(tmp_path):
    """Outside a project nothing is made; the error says where to go."""
    with pytest.raises(UnableError, match="--project"):
        Project(tmp_path).require()


@pytest.mark.parametrize(
    ("name", "access"),
    [
        ("var/etc/postfix/main.cf", Access(0o644, 0, 0)),
        ("var/tls/mail.example.org.pem", Access(0o600, 0, 0)),
        ("var/relay/logins.texthash", Access(0o600, 0, 0)),
        ("var/acme/state.json", Access(0o600, 0, 0)),
        ("var/dkim/example.org/rsa-202611.pem", Access(0o600, 5006, 5006)),
        ("var/accounts/accounts.db", Access(0o640, 0, 5001)),
        ("var/accounts/passwords.db", Access(0o640, 0, 5010)),
        ("var/accounts/passwords.db-journal", Access(0o640, 0, 5010)),
    ],
)
def test_files_are_readable_by_their_daemons_only(project, name, access):
    """Keys are for their daemon alone; passwords for Postfix and Dovecot."""
    assert project.access(project.root / name) == access


def test_env_belongs_to_the_operator(project):
    """A .env that a container made as root can still be edited on the host."""
    owner = project.root.stat()

    assert project.access(project.env) == Access(0o644, owner.st_uid, owner.st_gid)


def test_missing_directories_get_their_own_permissions(project):
    """A key's directory is as closed as the key."""
    project.write(project.dkim / "example.org" / "a.pem", "secret")

    modes = {path.name: path.stat().st_mode & 0o777 for path in project.var.rglob("*")}
    assert modes == {"dkim": 0o700, "example.org": 0o700, "a.pem": 0o600}
    assert project.var.stat().st_mode & 0o777 == 0o755


def test_wrong_modes_are_found(project):
    """Files made by another umask or user are found, right ones are not."""
    project.write(project.tls / "a.pem", "secret")
    project.write(project.etc / "postfix" / "main.cf", "")
    (project.tls / "a.pem").chmod(0o644)

    assert [path for path, _ in project.wrong_access()] == [project.tls / "a.pem"]


def test_links_and_unknown_entries_in_var_are_ignored(project):
    """They are not ours."""
    project.write(project.tls / "a.pem", "secret")
    (project.tls / "b.pem").symlink_to("/nowhere")
    (project.var / "notes").write_text("mine")
    (project.tls / ".a.pem.new").write_text("half")

    assert list(project.wrong_access()) == []


def test_a_file_that_goes_meanwhile_is_ignored(project):
    """As the journal of a database that its service writes."""
    paths = {project.reports, project.reports.with_name("reports.db-journal")}
    for path in paths:
        project.write(path, "")
        path.chmod(0o644)
    found = project.wrong_access()

    first, _ = next(found)
    (paths - {first}).pop().unlink()

    assert list(found) == []


def test_files_of_certbot_are_ignored(project):
    """Its hooks are programs; nobody else gets in through the directory above."""
    hook = project.acme / "hooks" / "auth"
    project.write(hook, "#!/bin/sh\n")
    hook.chmod(0o755)

    assert list(project.wrong_access()) == []
    project.acme.chmod(0o755)
    found = list(project.wrong_access())
    assert found == [(project.acme, Access(0o700, 0, 0))]


@contextmanager
def held_elsewhere(project, lock: str):
    """Have another process hold the *lock* of *project* until the end."""
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(project.root, lock, held, release))
    other.start()
    assert held.wait(30)
    try:
        yield
    finally:
        release.set()
        other.join(30)
    assert other.exitcode == 0


def _hold(root, lock, held, release):
    with getattr(Project(root), lock)():
        held.set()
        assert release.wait(30)


@pytest.mark.parametrize("lock", ["lock", "acme_lock"])
def test_second_command_waits_for_the_lock_and_gives_up(project, monkeypatch, lock):
    """Two commands never run at once. The error says why."""
    monkeypatch.setattr(module, "LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr(module, "ACME_LOCK_TIMEOUT", 0.1)
    take = getattr(project, lock)

    with (
        held_elsewhere(project, lock),
        pytest.raises(UnableError, match="another stack command"),
        take(),
    ):
        pass

    with take():
        pass


@pytest.mark.parametrize(
    ("held", "free"), [("lock", "acme_lock"), ("acme_lock", "lock")]
)
def test_acme_lock_and_project_lock_are_independent(project, monkeypatch, held, free):
    """An order takes minutes, in which accounts can be changed."""
    monkeypatch.setattr(module, "LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr(module, "ACME_LOCK_TIMEOUT", 0.1)

    with held_elsewhere(project, held), getattr(project, free)():
        pass


@pytest.mark.parametrize("lock", ["lock", "acme_lock"])
def test_second_command_continues_after_the_first(project, monkeypatch, lock):
    """It doesn't have to be started again."""
    first = ExitStack()
    first.enter_context(getattr(project, lock)())
    # Where it would look again a little later, the first has ended.
    monkeypatch.setattr(module.time, "sleep", lambda _: first.close())

    with getattr(project, lock)():
        pass


def test_killed_command_releases_the_lock(project):
    """The system gives the lock back, and no file is left that says otherwise."""
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    arguments = (project.root, "acme_lock", held, release)
    other = context.Process(target=_hold, args=arguments)
    other.start()
    assert held.wait(30)

    other.kill()
    other.join(30)

    with project.acme_lock():
        assert files.names(project.acme) == []


def test_lock_leaves_no_file(project):
    """A command that is refused has not written so much as a lock file."""
    before = files.names(project.root)

    with project.lock():
        assert files.names(project.root) == before
