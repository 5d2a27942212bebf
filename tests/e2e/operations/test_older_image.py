"""An image or a command that is older than the project folder says so."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.configuration.templates import await_applied, refused
from tests.support.server.project import Project
from tests.support.wait import wait_until

pytestmark = pytest.mark.core

OLDER = "this image was made of other files than lie in images/: run 'docker compose"


@contextmanager
def updated(project: Project, name: str, addition: str = "# new\n") -> Iterator[None]:
    """Have *addition* in the file *name* of the folder, as by a git pull."""
    file = project.folder / name
    before = file.read_text() if file.exists() else None
    file.write_text((before or "") + addition)
    try:
        yield
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before)
        project.stack("init", "--yes")


def test_a_container_of_an_older_image_says_so_once(server):
    """
    A container whose image is older than the folder says so once, with what to type.
    """
    project, begin = server.project, time.time()

    with updated(project, "images/runtime/configuration/config-folders"):
        project.stack("init", "--yes")
        wait_until(
            lambda: OLDER in project.said("postfix", begin), "the word of postfix"
        )
        await_applied(project, "postfix")
    await_applied(project, "postfix")

    assert project.said("postfix", begin).count(OLDER) == 1


@pytest.mark.provokes("postfix", "brand_new_parameter")
def test_a_refusal_by_an_older_image_names_the_image(server):
    """When an older image refuses a newer template, the message names the image."""
    project, begin = server.project, time.time()

    with (
        updated(project, "images/postfix/hooks/reload"),
        refused(project, "postfix/main.cf.j2", "brand_new_parameter = yes\n") as told,
    ):
        said = project.said("postfix", begin)
    await_applied(project, "postfix")

    for each in (told, said):
        assert OLDER in each
        assert "brand_new_parameter" in each


def test_an_older_stack_command_says_so(server):
    """
    A `stack` command that is older than the folder warns, with what to type.

    A setting that it doesn't know may be a newer one.
    """
    project = server.project
    env = project.folder / ".env"
    before = env.read_text()

    with updated(project, "stack/brand_new.py"):
        warned = project.stack("init", "--yes")
        env.write_text(before + "BRAND_NEW=1\n")
        refused = project.stack("init", "--yes", check=False)
        env.write_text(before)

    assert "Warning: this stack was made of other files than lie in" in warned.stderr
    assert refused.returncode == 4
    assert "run `docker compose build`" in refused.stderr
    assert "BRAND_NEW is not a setting" in refused.stderr
