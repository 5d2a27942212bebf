"""What was updated and not built says so: the command, and the containers' images."""

import re
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

import stack as package
from stack.apply import versions
from tests.support.places import ROOT

DOCKERFILES = sorted(ROOT.glob("images/*/Dockerfile"))
SERVICES = [
    "clamav",
    "dkim-sign",
    "dkim-verify",
    "dovecot",
    "postfix",
    "resolver",
    "web",
]

# What only a compiler or pip reads, as root.
FOR_ROOT = ("/src/", "/certbot/", "/")


@pytest.fixture
def older(project):
    """The project with another stack/ than the one that runs."""
    shutil.copytree(Path(package.__file__).parent, project.root / "stack")
    (project.root / "stack" / "new.py").write_text("")
    return project


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_modes_in_an_image_are_not_those_of_a_clone(dockerfile):
    """With umask 077 nobody but root could run or read what was copied."""
    copies = re.findall(r"^COPY (.+)$", dockerfile.read_text(), re.MULTILINE)
    own = [words.split() for words in copies if "--from=" not in words]

    assert own
    for words in own:
        assert words[0] == "--chmod=755" or words[-1] in FOR_ROOT, words


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_told_by_its_files(service):
    """Each with its digest and the place where the container has it."""
    rows = dict(
        reversed(row.split("  ")) for row in versions.sums(ROOT, service).splitlines()
    )

    entrypoint = (ROOT / "images/runtime/startup/entrypoint").read_bytes()
    assert rows["/usr/local/bin/entrypoint"] == sha256(entrypoint).hexdigest()
    assert "/usr/local/lib/config/healthy" in rows
    assert not [path for path in rows if "__pycache__" in path or "Dockerfile" in path]


def test_what_only_a_builder_reads_is_not_in_the_image():
    """The last stage counts, with single files and folders below folders."""
    spam, dovecot = (versions.sums(ROOT, each) for each in ("spamassassin", "dovecot"))

    assert "/usr/local/lib/site_perl/Mail/SpamAssassin/Internals.pm" in spam
    assert "update-rules" not in spam
    assert "/usr/local/bin/lmtp-answers" in dovecot
    assert "/src/" not in dovecot


def test_a_service_of_the_operators_own_has_no_sums(tmp_path):
    """Nothing is known of its image."""
    assert versions.sums(tmp_path, "webmail") == ""


def test_the_sums_are_rendered_and_summed(stack, project):
    """A container takes them with its configuration."""
    startup = project.root / "images" / "runtime" / "startup"
    startup.mkdir(parents=True)
    (startup / "entrypoint").write_text("#!/bin/sh\n")
    (project.root / "images" / "postfix").mkdir()
    (project.root / "images" / "postfix" / "Dockerfile").write_text(
        "FROM a\nCOPY --chmod=755 runtime/startup/ /usr/local/bin/\n"
    )

    stack("init", "--yes")

    etc = project.etc / "postfix"
    digest = sha256(b"#!/bin/sh\n").hexdigest()
    text = f"{digest}  /usr/local/bin/entrypoint\n"
    assert (etc / versions.SUMS).read_text() == text
    assert versions.SUMS in (etc / "SHA256SUMS").read_text()


def test_the_command_knows_its_own_folder(tmp_path, project):
    """The same files elsewhere are the same; a folder without stack/ says nothing."""
    shutil.copytree(
        Path(package.__file__).parent,
        tmp_path / "copy" / "stack",
        ignore=shutil.ignore_patterns("__pycache__"),
    )

    assert versions.is_ours(project.root)
    assert versions.is_ours(tmp_path / "copy")


@pytest.mark.parametrize("change", ["add", "alter", "remove"])
def test_another_version_of_the_command_is_known(older, change):
    """A file more, a file less, a file that differs: newer or older, it is another."""
    new = older.root / "stack" / "new.py"
    if change != "add":
        new.unlink()
    if change == "alter":
        (older.root / "stack" / "__main__.py").write_text("")
    if change == "remove":
        (older.root / "stack" / "__main__.py").unlink()

    assert not versions.is_ours(older.root)


def test_a_new_template_with_an_old_command_is_not_blamed(stack, older):
    """What to type comes first; that the template is wrong may not be so."""
    (older.config / "postfix" / "main.cf.j2").write_text("a = {{ brand_new }}\n")

    done = stack("init", "--yes")

    first, second = done.stderr.splitlines()
    assert done.exit_code == 4
    assert "run `docker compose build`, or on the machine itself `pip install" in first
    assert second.startswith("Error: config/postfix/main.cf.j2 line 1: 'brand_new'")


def test_a_new_setting_with_an_old_command_is_not_blamed(stack, older):
    """A key in .env that it doesn't know may well be one."""
    older.env.write_text("MAIL_DOMAIN=a.test\nMAIL_HOSTNAME=b.a.test\nBRAND_NEW=1\n")

    for command in (["init"], ["dns", "show"]):
        first, second = stack(*command).stderr.splitlines()
        assert versions.OTHER in first
        assert "BRAND_NEW is not a setting" in second


def test_what_works_is_warned_of(stack, older):
    """The command does what it can, and says that it is another; so does status."""
    done = stack("init", "--yes")

    assert done.exit_code == 0
    assert f"Warning: {versions.OTHER}." in done.stderr.splitlines()
    assert versions.OTHER in stack("status").stdout
