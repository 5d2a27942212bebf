"""A folder's id, and the volumes that bear another's."""

from pathlib import Path

import pytest

from stack.apply import ownership
from stack.system import endpoints
from stack.system.project import Project


@pytest.fixture
def volumes(tmp_path_factory, monkeypatch) -> Path:
    """The volumes as they are seen in the container: empty, and without a mark."""
    place = tmp_path_factory.mktemp("volumes")
    for name in ("mail", "queue"):
        (place / name).mkdir()
    monkeypatch.setattr(ownership, "VOLUMES", place)
    return place


def mark(volumes: Path, text: str) -> None:
    """Do as the containers do at their start."""
    for volume in volumes.iterdir():
        (volume / ".owner").write_text(text)


def lines(project: Project) -> list[str]:
    """Return what var/identity/owner says."""
    return project.owner.read_text().splitlines()


def test_the_id_is_made_once(stack, project):
    """It stays when the folder is moved, and says where the folder is."""
    stack("init", "--yes")
    first = lines(project)
    moved = Project(project.root.rename(project.root.with_name("moved")))

    assert len(first[0]) == 32
    assert first[1] == str(project.root)
    assert ownership.of(moved) == ownership.Owner(first[0], str(moved.root))


def test_two_folders_have_two_ids(tmp_path):
    """Also when they are copies of the same, before their first start."""
    ids = {ownership.of(Project(tmp_path / name)).id for name in "abc"}

    assert len(ids) == 3


@pytest.mark.parametrize("names", [(), ("--domain", "example.net")])
def test_volumes_of_another_folder_are_refused(stack, project, volumes, names):
    """With both folders and what to do; not so much as a file is written."""
    mark(volumes, "0123\n/srv/first\n")
    before = sorted(project.root.rglob("*"))

    done = stack("init", "--yes", *names)

    assert done.exit_code == 3
    assert "belongs to the server in /srv/first" in done.stderr
    assert f"not to this one in {project.root}: " in done.stderr
    assert "COMPOSE_PROJECT_NAME" in done.stderr
    assert "stack adopt" in done.stderr
    assert sorted(project.root.rglob("*")) == before


def test_one_volume_of_another_folder_is_enough(stack, ready, volumes):
    """Mail that is ours is no reason to take another's queue."""
    mark(volumes, ready.owner.read_text())
    (volumes / "queue" / ".owner").write_text("0123\n/srv/first\n")

    done = stack("init")

    assert done.exit_code == 3
    assert "the volume queue belongs to" in done.stderr


def test_own_volumes_are_known_wherever_the_folder_is(stack, ready, volumes):
    """The id counts, not where the folder was when the mark was made."""
    mark(volumes, f"{lines(ready)[0]}\n/somewhere/else\n")

    assert stack("init").exit_code == 0


def test_var_from_a_copy_finds_its_volumes(stack, ready, volumes):
    """The id is in var/: a new clone, with var/ put back, is the same folder."""
    mark(volumes, ready.owner.read_text())
    (ready.root / "var").rename(ready.root / "copy")
    assert stack("init").exit_code == 3

    (ready.root / "copy").rename(ready.root / "var")
    assert stack("init").exit_code == 0


@pytest.mark.parametrize(
    ("inside", "status"),
    [
        ((), 0),
        (("lost+found",), 0),
        (("example.org",), 0),
        (("example.net", "example.org"), 0),
        (("example.net",), 3),
    ],
)
def test_volumes_from_before_are_taken_where_the_mail_fits(
    stack, ready, volumes, inside, status
):
    """There was no mark: mailboxes of other domains only are another server's."""
    for name in inside:
        (volumes / "mail" / name).mkdir()

    assert stack("init").exit_code == status


def test_a_new_folder_takes_no_mail_from_before(stack, project, volumes):
    """A second clone, with no accounts, next to a server of an older version."""
    (volumes / "mail" / "example.test").mkdir()

    done = stack("init", "--yes")

    assert done.exit_code == 3
    assert "belongs to the server that has other domains" in done.stderr
    assert not project.env.exists()


@pytest.mark.parametrize("marked", [True, False])
def test_who_adopts_the_volumes_may_have_them(stack, project, volumes, marked):
    """Until the containers have marked them anew, and no longer."""
    (volumes / "mail" / "example.net").mkdir()
    if marked:
        mark(volumes, "0123\n/srv/first\n")

    adopted = stack("adopt")
    assert (adopted.exit_code, project.adopted.exists()) == (0, True)
    assert project.adopted.read_text() == ("0123\n" if marked else "unmarked\n")
    assert stack("init", "--yes").exit_code == 0

    mark(volumes, project.owner.read_text())
    assert "remove var/identity/adopted" in stack("init").stderr
    mark(volumes, "0123\n/srv/first\n")
    assert stack("init").exit_code == 3


def test_it_is_known_that_all_volumes_are_marked(stack, ready, volumes):
    """So that new ones, of another name, are not taken for them while .env is lost."""
    stack("user", "add", "alice@example.org", "--generate")
    assert stack("init").stderr == "Nothing changed.\n"
    mark(volumes, ready.owner.read_text())

    assert stack("init").stderr == "write var/identity/marked\n"
    assert stack("init").stderr == "Nothing changed.\n"

    (volumes / "mail" / ".owner").unlink()
    assert stack("init").stderr == "remove var/identity/marked\n"


def test_where_the_volumes_are_not_seen_nothing_is_adopted(stack, ready):
    """On the machine itself: the way that works is named."""
    done = stack("adopt")

    assert done.exit_code == 3
    assert "`docker compose run --rm stack adopt`" in done.stderr
    assert not ready.adopted.exists()


def test_a_container_knows_where_its_folder_is_outside(project, tmp_path, monkeypatch):
    """As the kernel tells of mounts, blanks and all."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "900 600 0:1 / / rw - overlay overlay rw\n"
        f"904 607 254:0 /srv/m\u00fcll\\040box {project.root} rw - ext4 /dev/vda rw\n"
    )
    monkeypatch.setattr(ownership, "MOUNTS", mounts)
    monkeypatch.setattr(endpoints, "is_inside", lambda: True)

    assert ownership.of(project).folder == "/srv/m\u00fcll box"
