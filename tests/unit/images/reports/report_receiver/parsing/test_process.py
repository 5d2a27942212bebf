"""The process that reads a message has limits of its own."""

import gzip
import json
import os
import subprocess
import sys

import pytest

from tests.support.places import IMAGES
from tests.support.reports.documents import dmarc
from tests.support.reports.messages import attached

PROVEN = (
    b"Authentication-Results: mail.example.test; dmarc=pass"
    b" (p=reject dis=none from=proven) header.from=outside.test\n"
)


@pytest.fixture
def folder(tmp_path):
    """The folder with the configuration."""
    (tmp_path / "reports.toml").write_text(
        'server = "mail.example.test"\nkeep_days = 400\ndomains = ["example.test"]\n'
    )
    return tmp_path


def run(*arguments: str, message: bytes = b"") -> subprocess.CompletedProcess:
    """Run Python with the image's packages."""
    return subprocess.run(
        [sys.executable, *arguments],
        input=message,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(IMAGES / "reports")},
        timeout=100,
        check=False,
    )


def message(data: bytes) -> bytes:
    """Return a message with *data* attached, as `dkim-verify` hands it on."""
    return PROVEN + attached(data, "text/xml", "dmarc-reports@example.test")


def test_it_says_what_is_kept(folder):
    """As JSON, which the receiver reads."""
    reader = ("-m", "report_receiver.parsing", str(folder))

    done = run(*reader, message=message(dmarc("n")))

    assert json.loads(done.stdout)["report_id"] == "n"


def test_what_takes_too_much_memory_ends_it(folder):
    """It says nothing then; each small element takes hundreds of octets."""
    elements = gzip.compress(b"<feedback><record>" + b"<a b=''/>" * 400_000)
    script = (
        "import pathlib, sys; from report_receiver.parsing import __main__ as process;"
        " process.LIMITS[process.resource.RLIMIT_AS] = 100 << 20;"
        " process.main(pathlib.Path(sys.argv[1]))"
    )

    done = run("-c", script, str(folder), message=message(elements))

    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("bytearray(process.MEMORY)", b"MemoryError"),
        ("open('FILE', 'w').write('a' * 99_999)", b"File too large"),
    ],
)
def test_it_takes_no_more_than_its_limits(tmp_path, deed, error):
    """Of memory, and of files, which it writes none of."""
    start = "from report_receiver.parsing import __main__ as process; process.limit();"

    done = run("-c", start + deed.replace("FILE", str(tmp_path / "file")))

    assert done.returncode != 0
    assert error in done.stderr
    assert not any(each.stat().st_size for each in tmp_path.iterdir())
