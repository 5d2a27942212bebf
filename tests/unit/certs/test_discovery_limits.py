"""What the search for a certificate reports, and how far it goes."""

import os

import pytest

from stack.certs import discovery
from stack.system.errors import UnableError
from tests.support.certs.authority import DAY, HOST, NOW, server
from tests.support.certs.discovered import (
    ENDED,
    LEAF,
    OTHER,
    best,
    refusal,
)
from tests.support.certs.foreign_folders import (
    MIDDLE,
    caddy,
    certbot,
    put,
    traefik,
)


def test_empty_folder_is_reported_with_known_layouts(tmp_path):
    """All three programs are named."""
    put(tmp_path, mail_pem=LEAF.pem, notes_txt=LEAF.key_pem)

    (said,) = refusal(tmp_path)

    assert said.startswith(f"{tmp_path}: holds no certificate with its key: looked for")
    assert all(word in said for word in ["certbot", "Caddy", "Traefik"])


def test_every_refusal_is_reported_with_reasons(tmp_path):
    """By the place it lies at, the nearest miss first, all its reasons in a line."""
    other = server(MIDDLE, "www.example.org", end=NOW - DAY / 2)
    caddy(tmp_path, "www.example.org", other)
    caddy(tmp_path, HOST, ENDED)
    traefik(tmp_path / "acme.json", le=[ENDED])

    said = refusal(tmp_path)

    home = f"{tmp_path}/caddy/certificates/acme-v02.api.letsencrypt.org-directory"
    ended = "the certificate ended on 2026-11-23: renew it"
    assert said == [
        f"{home}/{HOST}/{HOST}.crt: {ended}",
        f"{tmp_path}/acme.json (le: main.example.org): {ended}",
        f"{home}/www.example.org/www.example.org.crt: the certificate is for"
        f" www.example.org, not for {HOST}: bring the one that is; {ended}",
    ]


def test_five_refusals_are_reported_at_most(tmp_path):
    """A server of many sites has hundreds that are for others."""
    traefik(tmp_path / "acme.json", le=[OTHER] * 9)

    said = refusal(tmp_path)

    assert len(said) == 6
    assert said[5] == f"{tmp_path}: 4 more in it serve {HOST} no better"


def test_missing_folder_is_reported(tmp_path):
    """Most often the mount is missing."""
    with pytest.raises(UnableError, match=f"{tmp_path}/gone: can't be read: No such"):
        best(tmp_path / "gone")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all")
@pytest.mark.parametrize("closed", ["le/live", "le/live/privkey.pem"])
def test_unreadable_file_is_reported(tmp_path, closed):
    """certbot shows its keys to root alone."""
    put(tmp_path / "le/live", fullchain_pem=LEAF.pem, privkey_pem=LEAF.key_pem)
    (tmp_path / closed).chmod(0)

    (said,) = refusal(tmp_path)

    (tmp_path / closed).chmod(0o700)
    assert said == f"{tmp_path}/{closed}: this user may not read it: run this as root"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all")
def test_unreadable_folder_is_reported(tmp_path):
    """No file in it can be listed."""
    given = put(tmp_path / "live", a_pem=LEAF.pem)
    given.chmod(0)

    with pytest.raises(UnableError, match="this user may not read it"):
        best(given)

    given.chmod(0o700)


def test_repr_of_candidate_hides_the_key(tmp_path):
    """Tracebacks may end in a log."""
    (found,) = discovery.find(certbot(tmp_path, HOST, LEAF) / "live")

    assert "PRIVATE KEY" in found.text
    assert repr(found) == f"Candidate('{tmp_path}/live/{HOST}', problem='')"


# --- How far it looks ---


def test_search_is_six_folders_deep(tmp_path):
    """Caddy's volume has four."""
    whole = LEAF.pem + MIDDLE.pem + LEAF.key_pem
    put(tmp_path / "1/2/3/4/5/6/7", mail_pem=whole)
    assert "holds no certificate" in refusal(tmp_path)[0]

    put(tmp_path / "1/2/3/4/5/6", mail_pem=whole)
    assert best(tmp_path) == LEAF.certificate


def test_search_reads_two_thousand_files_at_most(tmp_path):
    """The limit is reported."""
    for number in range(2001):
        (tmp_path / f"{number}.pem").touch()
    put(tmp_path / "mail", mail_pem=LEAF.pem + MIDDLE.pem + LEAF.key_pem)

    (said,) = refusal(tmp_path)

    assert said.startswith(f"{tmp_path}: holds more than 2,000 files")


def test_large_files_are_not_read(tmp_path):
    """A key with its certificates has a few thousand bytes."""
    text = LEAF.pem + MIDDLE.pem + LEAF.key_pem
    put(tmp_path, mail_pem=text + "\n" * (1 << 20))
    put(tmp_path, less_pem=ENDED.pem)

    assert refusal(tmp_path) == [
        f"{tmp_path}/mail.pem: is larger than 1 MiB, and was not looked at"
    ]


def test_linked_folders_are_not_followed(tmp_path):
    """Pipes and links to themselves don't block the search."""
    whole = LEAF.pem + MIDDLE.pem + LEAF.key_pem
    put(tmp_path / "outside", mail_pem=whole)
    given = put(tmp_path / "given", a_pem="")
    (given / "link").symlink_to(tmp_path / "outside")
    (given / "up").symlink_to(given)
    (given / "loop.pem").symlink_to("loop.pem")
    os.mkfifo(given / "pipe.pem")

    said = refusal(given)

    assert len(said) == 1
    assert said[0].startswith(f"{given}/loop.pem: can't be read: ")
