"""`stack init`: the files that it writes, their modes, and what it leaves alone."""

import os
from pathlib import Path

import pytest

from stack.config import envfile
from stack.system.project import Project
from tests.support.project.prepared import contents


def access(root: Path) -> dict[str, str]:
    """Return the mode of everything below *root*."""
    found = {path.relative_to(root): path.stat().st_mode for path in root.rglob("*")}
    return {str(path): oct(mode & 0o777) for path, mode in found.items()}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_modes_do_not_depend_on_the_umask(stack, project, mask):
    """Configuration may be read by its daemon, keys by nobody else."""
    before = os.umask(mask)
    stack("init", "--yes")
    os.umask(before)

    found = access(project.var)
    assert found["etc"] == found["etc/postfix"] == found["etc/postfix/pcre"] == "0o755"
    assert found["etc/postfix/main.cf"] == "0o644"
    assert found["tls"] == found["dkim"] == found["dkim/example.test"] == "0o700"
    assert found["tls/mail.example.test.pem"] == "0o600"
    assert (found["srs"], found["srs/secrets"]) == ("0o700", "0o600")
    assert found["accounts"] == "0o750"
    assert found["accounts/accounts.db"] == "0o640"
    assert found["accounts/passwords.db"] == "0o640"
    assert {m for name, m in found.items() if name.endswith((".pem", ".seed"))} == {
        "0o600"
    }


def test_wrong_modes_are_mended(stack, ready):
    """As Docker leaves them when it makes a mounted folder, or a person by cp."""
    before = access(ready.var)
    for name in ("tls", "tls/mail.example.org.pem", "accounts/accounts.db", "dkim"):
        (ready.var / name).chmod(0o755)

    done = stack("init")

    assert access(ready.var) == before
    assert done.stderr.count("set owner and mode of") == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_gives_every_file_to_who_reads_it(stack, project):
    """Also where a user's `stack` made it: the signer, Postfix, the operator."""
    os.chown(project.root, 1234, 1234)
    stack("init", "--yes")
    for path in project.var.rglob("*"):
        os.chown(path, 1000, 1000)

    stack("init")

    def owner(name: str) -> tuple[int, int]:
        found = (project.root / name).stat()
        return found.st_uid, found.st_gid

    assert owner(".env") == (1234, 1234)
    assert owner("var/etc/postfix/main.cf") == (0, 0)
    assert owner("var/tls/mail.example.test.pem") == (0, 0)
    assert owner("var/accounts/accounts.db") == (0, 5001)
    assert owner("var/accounts/passwords.db") == (0, 5010)
    assert owner("var/accounts") == (0, 5001)
    assert owner("var/dkim/example.test") == (5006, 5006)
    assert owner("var/srs/secrets") == (5014, 5014)


def test_keys_and_certificate_are_never_made_again(stack, ready):
    """Whatever else is lost: var/etc can be deleted at any time."""
    everything = contents(ready)
    for path in sorted(ready.etc.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()

    stack("init")

    assert contents(ready) == everything


def test_a_lost_key_is_made_and_the_other_kept(stack, ready):
    """Half of a pair is no reason to change the other half."""
    (rsa,) = ready.dkim.glob("example.org/rsa-*.pem")
    (ed25519,) = ready.dkim.glob("example.org/ed25519-*.seed")
    seed = ed25519.read_bytes()
    rsa.unlink()

    stack("init")

    assert ed25519.read_bytes() == seed
    assert len(list(ready.dkim.glob("example.org/rsa-*.pem"))) == 1


def test_leftovers_go_and_the_services_own_folders_stay(stack, ready):
    """A container's mount follows the folder's inode."""
    service = ready.etc / "postfix"
    inode = service.stat().st_ino
    for path in (ready.config / "postfix").rglob("*"):
        if path.is_file():
            path.unlink()

    done = stack("init")

    assert list(service.iterdir()) == []
    assert service.stat().st_ino == inode
    assert "remove var/etc/postfix/main.cf" in done.stderr


def test_a_file_takes_the_place_of_a_folder(stack, ready):
    """What was a folder of templates may be one template tomorrow."""
    (ready.config / "postfix" / "pcre" / "headers").unlink()
    (ready.config / "postfix" / "pcre").rmdir()
    (ready.config / "postfix" / "pcre").write_text("now a file\n")

    assert stack("init").exit_code == 0

    assert (ready.etc / "postfix" / "pcre").read_text() == "now a file\n"


def test_a_folder_takes_the_place_of_a_file(stack, ready):
    """And the other way round."""
    (ready.config / "postfix" / "main.cf.j2").unlink()
    (ready.config / "postfix" / "main.cf").mkdir()
    (ready.config / "postfix" / "main.cf" / "a").write_text("b\n")

    assert stack("init").exit_code == 0

    assert (ready.etc / "postfix" / "main.cf" / "a").read_text() == "b\n"


def test_a_broken_template_changes_nothing(stack, ready):
    """Exit code 4 with file and line; the old configuration stays as it is."""
    (ready.config / "postfix" / "main.cf.j2").write_text("a = {{ smtp_prot }}\n")
    (ready.config / "dkim-sign" / "KeyTable.j2").write_text("new\n")
    before = {name: d for name, d in contents(ready).items() if name.startswith("var")}

    done = stack("init", "--domain", "example.net")

    assert done.exit_code == 4
    assert done.stderr == (
        "Error: config/postfix/main.cf.j2 line 1: 'smtp_prot' is undefined:"
        " mend the template\n"
    )
    after = {name: d for name, d in contents(ready).items() if name.startswith("var")}
    assert after == before
    assert envfile.load(ready.env).mail_domain == "example.org"


def test_a_run_that_was_cut_off_is_finished_by_the_next(stack, project, monkeypatch):
    """Wherever it stops, the next run does the rest and the third nothing."""
    writes = []
    original = Project.write

    def write(self, path, text):
        writes.append(path)
        if len(writes) == 4:
            raise OSError(28, "No space left on device", str(path))
        original(self, path, text)

    monkeypatch.setattr(Project, "write", write)
    assert stack("init", "--yes").exit_code == 3
    monkeypatch.undo()

    assert stack("init", "--yes").exit_code == 0
    assert stack("init", "--yes").stderr == "Nothing changed.\n"


@pytest.mark.parametrize("rubbish", [b"", b"rubbish" * 1000])
def test_lost_passwords_are_told_and_stop_nothing(stack, ready, rubbish):
    """Mail goes on without them, so the server is to start; all else is brought up."""
    stack("user", "add", "alice@example.org", "--generate")
    ready.passwords.write_bytes(rubbish)

    done = stack("init")

    assert done.exit_code == 0
    assert f"Warning: {ready.passwords}" in done.stderr
    assert "nobody" in done.stderr
