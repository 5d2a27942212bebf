"""`stack cert import`: an imported certificate is served, or refused."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.certs import store
from stack.renewal import imports
from stack.system import endpoints
from stack.system.project import Project
from tests.support.certs.authority import DAY, HOST
from tests.support.certs.bundles import MIDDLE, ROOT, TODAY, bundle, put
from tests.support.network.mail_ports import always, serving, speaks
from tests.support.project import prepared
from tests.support.project.prepared import contents, source_of

MAIN, BESIDE = store.files_of(HOST)
GOOD = bundle()
KEY, _, REST = GOOD.pem.partition("-----BEGIN CERTIFICATE-----")
CHAIN = "-----BEGIN CERTIFICATE-----" + REST
OTHER_KEY = bundle().pem.partition("-----BEGIN CERTIFICATE-----")[0]


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Iterator[Project]:
    """A project with the real templates, served by every mail port, and no DNS."""
    made = prepared.trusting(prepared.project(tmp_path / "project"))
    with prepared.running(made, monkeypatch):
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str | bytes], str]:
    """Write a text to a file outside of the project, and return its name."""

    def write(name: str, text: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


@pytest.mark.parametrize(
    "texts",
    [
        [GOOD.pem],
        [KEY, CHAIN],
        [CHAIN, KEY],
        [CHAIN + ROOT.pem, KEY],
        [CHAIN.removesuffix(MIDDLE.pem), MIDDLE.pem.replace("\n", "\r\n"), KEY],
    ],
)
def test_import_joins_several_files(stack, project, file, texts):
    """In one or in several, in any order, and with the root or without."""
    files = [file(f"{number}.pem", text) for number, text in enumerate(texts)]

    done = stack("cert", "import", *files)

    assert (done.exit_code, done.stdout) == (0, "")
    assert f"write var/tls/{MAIN}" in done.stderr
    assert "PRIVATE" not in done.stderr
    assert (project.tls / MAIN).read_text() == GOOD.pem
    assert source_of(project, HOST) == "operator"


def test_import_for_another_name_has_its_own_file(stack, project, file):
    """It is shown to those who ask for that name."""
    other = bundle("a.example", "*.a.example")

    done = stack("cert", "import", "--name", "a.example", file("a.pem", other.pem))

    table = (project.etc / "postfix" / "sni.texthash").read_text()
    assert done.exit_code == 0
    assert (project.tls / "a.example.pem").read_text() == other.pem
    assert "\n.a.example /live/current/tls/a.example.pem\n" in table
    assert source_of(project, "a.example") == "operator"


def test_import_removes_the_rsa_certificate(stack, project, file):
    """The RSA certificate beside the old one ends with it."""
    put(project.tls, mail__example__org__rsa=bundle(rsa=True))
    assert stack("init").exit_code == 0
    assert BESIDE in (project.etc / "postfix" / "main.cf").read_text()

    done = stack("cert", "import", file("a.pem", GOOD.pem))

    assert f"remove var/tls/{BESIDE}" in done.stderr
    assert sorted(path.name for path in project.tls.iterdir()) == [MAIN]
    assert BESIDE not in (project.etc / "postfix" / "main.cf").read_text()


def test_import_folder_is_followed_later(stack, project, tmp_path):
    """The best of what is there is taken, and the service that follows is started."""
    folder = tmp_path / "kept" / "live" / HOST
    folder.mkdir(parents=True)
    (folder / "fullchain.pem").write_text(CHAIN)
    (folder / "privkey.pem").write_text(KEY)
    with project.env.open("a") as env:
        env.write(f"IMPORT_FOLDER={tmp_path}/kept\n")

    done = stack("cert", "import")

    assert done.exit_code == 0
    assert "`docker compose up --detach` starts it" in done.stderr
    assert (project.tls / MAIN).read_text() == GOOD.pem
    assert project.env.read_text().endswith("\nCOMPOSE_PROFILES=acme\n")
    assert source_of(project, HOST) == "folder"


BAD = {
    "nothing": (1, "is empty", ""),
    "text": (1, "is not PEM", "Hello"),
    "DER": (1, "it is DER", b"\x30\x82\x03\x2a\x30\x82\x02\xd0\xa0\x03"),
    "key alone": (1, "there is no certificate in it", KEY),
    "chain alone": (1, "there is no private key in it", CHAIN),
    "another key": (1, "the private key fits none", OTHER_KEY + CHAIN),
    "damaged": (1, "is damaged or cut off", GOOD.pem[:-99]),
    "half a chain": (1, "is missing, which issued", GOOD.pem.removesuffix(MIDDLE.pem)),
    "expired": (1, "ended on", bundle(begin=TODAY - 9 * DAY, end=TODAY - DAY).pem),
    "early": (1, "begins on", bundle(begin=TODAY + DAY).pem),
    "another host": (1, f"not for {HOST}", bundle("www.example.net").pem),
    "another name": (1, "not for b.example", GOOD.pem, "--name", "b.example"),
    "no name": (2, "is not a domain", GOOD.pem, "--name", "b example"),
    "huge": (1, "is larger than any certificate", "#" * (1 << 20) + GOOD.pem),
    "no seconds": (2, "timeout", GOOD.pem, "--timeout", "-1"),
}


@pytest.mark.parametrize("case", BAD)
def test_import_refuses_what_clients_refuse(stack, project, file, case):
    """With the reason, and everything is as it was, byte for byte."""
    code, reason, text, *options = BAD[case]
    as_it_was = contents(project)

    done = stack("cert", "import", *options, file("a.pem", text))

    assert done.exit_code == code
    assert reason in done.stderr
    assert "PRIVATE KEY-----\nM" not in done.output
    assert contents(project) == as_it_was


def test_import_reports_a_missing_file(stack, project, tmp_path):
    """In a container, one outside of the project isn't."""
    as_it_was = contents(project)

    for path in (tmp_path / "nowhere.pem", tmp_path):
        done = stack("cert", "import", str(path))
        assert done.exit_code == 3
        assert f"{path}: " in done.stderr
        assert "below the project directory" in done.stderr
    assert contents(project) == as_it_was


@pytest.mark.parametrize(
    ("line", "code", "reason"),
    [
        ("", 3, "IMPORT_FOLDER is not set in .env"),
        ("IMPORT_FOLDER=/nowhere/at/all\n", 3, "/nowhere/at/all: "),
        ("IMPORT_FOLDER={tmp_path}/empty\n", 1, "holds no certificate with its key"),
        ("IMPORT_FOLDER=./certs\n", 4, "must be a folder by its whole path"),
    ],
)
def test_import_reports_a_folder_without_certificate(
    stack, project, tmp_path, line, code, reason
):
    """And everything is as it was, byte for byte."""
    (tmp_path / "empty").mkdir()
    with project.env.open("a") as env:
        env.write(line.format(tmp_path=tmp_path))
    as_it_was = contents(project)

    done = stack("cert", "import")

    assert done.exit_code == code
    assert reason in done.stderr
    assert contents(project) == as_it_was


def test_import_rolls_back_what_is_not_served_in_time(
    stack, project, file, monkeypatch
):
    """The port is named; keys and configuration are as they were."""
    old = always(store.load(project.tls)[HOST].main)
    as_it_was = contents(project)

    with serving(587, speaks(587, old)) as stuck:
        monkeypatch.setattr(endpoints, "find", lambda _: [stuck])
        done = stack("cert", "import", "--timeout", "0", file("a.pem", GOOD.pem))

    now = contents(project)
    assert done.exit_code == 1
    assert f"Error: {stuck} serves another certificate" in done.stderr
    assert "the one before was put back" in done.stderr
    assert now.keys() - as_it_was.keys() == {"var/acme/state.json"}
    assert as_it_was.items() <= now.items()
    assert source_of(project, HOST) is None


def test_import_confirms_what_every_port_serves(stack, project, file):
    """The message lists the ports."""
    done = stack("cert", "import", file("a.pem", GOOD.pem))

    assert done.exit_code == 0
    ports = ", ".join(map(str, sorted(endpoints.find(project.root))))
    assert done.stderr.endswith(f"Served on {ports}.\n")


@pytest.mark.parametrize("there", [[], [993]])
def test_import_without_ports_is_unproven_and_exits_1(
    stack, project, file, monkeypatch, there
):
    """The files are there for when the server starts; the exit status is that of a
    check that failed, and each port that is nowhere is named."""
    found = [each for each in endpoints.find(project.root) if each.port in there]
    monkeypatch.setattr(endpoints, "find", lambda _: found)

    done = stack("cert", "import", file("a.pem", GOOD.pem))

    assert done.exit_code == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(told) == (4 if there else 1)
    assert all("not proven" in line for line in told)
    assert (project.tls / MAIN).read_text() == GOOD.pem
    assert source_of(project, HOST) == "operator"


def test_import_folder_in_a_container_is_the_mount(
    stack, project, tmp_path, monkeypatch
):
    """Whatever it is called on the machine."""
    monkeypatch.setattr(endpoints, "is_inside", lambda: True)
    monkeypatch.setattr(imports, "MOUNTED", tmp_path / "import")
    (tmp_path / "import").mkdir()
    (tmp_path / "import" / "all.pem").write_text(GOOD.pem)
    with project.env.open("a") as env:
        env.write("IMPORT_FOLDER=/srv/elsewhere\n")

    assert stack("cert", "import").exit_code == 0
    assert (project.tls / MAIN).read_text() == GOOD.pem


def test_import_without_env_names_init(stack, project, file):
    """Nothing is guessed of the host."""
    project.env.unlink()
    shutil.rmtree(project.var)

    for words in (["import", file("a.pem", GOOD.pem)], ["import"], ["self-signed"]):
        done = stack("cert", *words)
        assert done.exit_code == 3
        assert "run `stack init` to make it" in done.stderr
    assert not project.var.exists()
