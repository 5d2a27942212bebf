"""Which packages of the images may import which, and how full a folder may be."""

import ast
from pathlib import Path

import pytest

from tests.support.places import IMAGES

# From the bottom up: a part imports only from the lines above its own.
LAYERS = {
    "dkimpy-milter/mail_auth": [
        {"dns", "milter"},
        {"headers"},
        {"dkim"},
        {"signing", "verifying"},
        {"service"},
        {"__main__"},
    ],
    "dovecot/python/access_watch": [
        {"accounts"},
        {"revocations", "sessions", "state_socket"},
        {"watch"},
    ],
    "milters/milter_runtime": [
        {"config_file", "durable", "library_parts", "listener", "log", "negotiation"},
        {"pymilter_parts"},
    ],
    "reports/report_receiver": [
        {"configuration", "lmtp", "places"},
        {"parsing"},
        {"store"},
        {"health", "intake"},
        {"__main__"},
    ],
    "reports/report_sender": [
        {"configuration", "counting"},
        {"delivery", "dmarc", "tls"},
        {"service"},
        {"health"},
        {"__main__"},
    ],
    "socketmap/socketmap_server": [
        {"listener", "netstrings", "reply"},
        {"client", "server"},
    ],
    "spamassassin/spam_milter": [
        {"bayes", "config", "spamc"},
        {"milter", "training"},
        {"supervisor"},
        {"__main__"},
    ],
    "tls-policy/tls_policy": [
        {"config", "destination", "dns_lookup", "health"},
        {"dane", "sts"},
        {"answer"},
        {"__main__"},
    ],
    "spamassassin/spam_rules": [
        {"config", "local_cf", "sets"},
        {"schedule"},
        {"health", "update"},
        {"__main__"},
    ],
    "srs/srs_table": [
        {"address", "config"},
        {"health", "scheme"},
        {"tables"},
        {"__main__"},
    ],
}
# Packages of ours that others may use.
SHARED = {
    "mail_auth": {"reports/report_sender"},
    "milter_runtime": set(LAYERS),
    "socketmap_server": set(LAYERS),
    "spam_rules": {"spamassassin/spam_milter"},
}

MOST_IN_A_FOLDER = 7

MODULES = [
    (package, path)
    for package in LAYERS
    for path in sorted((IMAGES / package).rglob("*.py"))
]
FOLDERS = sorted({path.parent for _, path in MODULES})


def imported(path: Path) -> list[list[str]]:
    """Return the names that the file *path* imports, each in its parts."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written in full"
            found += [[*str(node.module).split("."), a.name] for a in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name.split(".") for alias in node.names]
    return found


def part_of(package: str, path: Path) -> str:
    """Return the part of *package* that the file *path* belongs to."""
    return path.relative_to(IMAGES / package).parts[0].removesuffix(".py")


@pytest.mark.parametrize(("package", "path"), MODULES, ids=lambda each: str(each)[-40:])
def test_part_imports_only_from_below(package, path):
    """No cycles, and what two parts share is below both."""
    if path == IMAGES / package / "__init__.py":
        assert imported(path) == []
        return
    layer = {part: n for n, parts in enumerate(LAYERS[package]) for part in parts}
    own = part_of(package, path)

    used = {name[1] for name in imported(path) if name[0] == Path(package).name}

    assert {each for each in used - {own} if layer[each] >= layer[own]} == set()


@pytest.mark.parametrize(("package", "path"), MODULES, ids=lambda each: str(each)[-40:])
def test_package_imports_only_what_its_image_shares(package, path):
    """The programs of an image are apart from each other."""
    ours = {Path(each).name for each in LAYERS} - {Path(package).name}

    used = {name[0] for name in imported(path)} & ours

    assert {each for each in used if package not in SHARED.get(each, ())} == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_folder_has_at_most_seven_entries(folder):
    """A reader takes in no more at a glance."""
    hidden = {"__init__.py", "__main__.py", "__pycache__"}

    assert len([p for p in folder.iterdir() if p.name not in hidden]) <= (
        MOST_IN_A_FOLDER
    )
