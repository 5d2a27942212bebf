"""What the image certs takes from PyPI: known files, and no others."""

import re

import pytest

from stack.config.types.certificates import PLUGINS
from tests.support.places import IMAGES

FOLDER = IMAGES / "stack"
LISTS = [FOLDER / "certbot.txt", *sorted((FOLDER / "certbot").glob("*.txt"))]

LINE = re.compile(
    r"[a-z0-9][a-z0-9-]*==[a-z0-9.]+ \\\n"
    r"(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
)


def test_each_plugin_that_env_may_name_has_a_list():
    """That of dynamic updates comes along always; there is none that can't be named."""
    named = {f"{name}.txt" for name in PLUGINS} - {"dns-rfc2136.txt"}

    assert {path.name for path in LISTS[1:]} == named
    assert "\ncertbot-dns-rfc2136==" in LISTS[0].read_text()
    for path in LISTS[1:]:
        assert f"\ncertbot-{path.stem}==" in f"\n{path.read_text()}"


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_everything_has_one_version_and_digests(path):
    """Whatever else PyPI, or who sits on the way, may offer."""
    text = re.sub(r"(?m)^#.*\n", "", path.read_text())

    assert text
    assert LINE.sub("", text) == ""


def test_all_of_certbot_is_of_one_version():
    """A plugin goes with the certbot that it was released with."""
    found = [
        version
        for path in LISTS
        for version in re.findall(
            r"(?m)^certbot(?:-[a-z0-9-]+)?==(\S+)", path.read_text()
        )
    ]
    assert len(set(found)) == 1
    assert len(found) == 1 + len(PLUGINS)


def test_without_digests_nothing_is_installed():
    """The one call of pip in the image says so."""
    text = (FOLDER / "Dockerfile").read_text().replace("\\\n", " ")
    calls = [line for line in text.splitlines() if "/opt/pip/bin/pip" in line]

    assert len(calls) == 1
    assert "--require-hashes" in calls[0]
