"""A certificate for our host is found in the folders of Traefik, Caddy or certbot."""

import json
import os
from pathlib import Path

import pytest

from stack.certs import discovery
from stack.system.errors import StackError, UnableError
from tests.support.certs.authority import DAY, HOST, NOW, rsa_key, server
from tests.support.certs.foreign_folders import (
    MIDDLE,
    ROOT,
    caddy,
    certbot,
    encoded,
    put,
    traefik,
)

LEAF = server(MIDDLE)
LATER = server(MIDDLE, end=NOW + 100 * DAY, key=rsa_key())
STARRED = server(MIDDLE, "*.example.org", end=NOW + 95 * DAY)
OTHER = server(MIDDLE, "www.example.org")
ENDED = server(MIDDLE, end=NOW - DAY / 2)


def best(folder: Path):
    """Return the certificate that is taken of *folder*."""
    return discovery.best(folder, HOST, NOW, [ROOT.certificate]).leaf


def refusal(folder: Path) -> list[str]:
    """Return the problems when no certificate in *folder* can be used."""
    with pytest.raises(StackError) as caught:  # noqa: PT011 - who calls looks at it
        best(folder)
    assert "PRIVATE KEY" not in str(caught.value)
    return list(caught.value.problems)


# --- The three programs ---


@pytest.mark.parametrize("given", [".", "live", f"live/{HOST}"])
def test_current_certbot_certificate_is_found(tmp_path, given):
    """From its folder, from live/ in it, and from the certificate's own."""
    root = certbot(tmp_path, HOST, ENDED, LEAF)

    assert best(root / given) == LEAF.certificate


def test_chain_is_found_with_the_certificate(tmp_path):
    """It's a bundle that is ready for use."""
    found = discovery.best(certbot(tmp_path, HOST, LEAF), HOST, NOW, [ROOT.certificate])

    assert found.chain == (LEAF.certificate, MIDDLE.certificate)
    assert found.key.public_key() == LEAF.key.public_key()


def test_dangling_certbot_links_are_reported(tmp_path):
    """If only live/ is mounted into a container, its links dangle."""
    root = certbot(tmp_path / "le", HOST, LEAF)
    (root / "live").rename(tmp_path / "live")

    (said,) = refusal(tmp_path / "live")

    assert said.startswith(f"{tmp_path}/live/{HOST}/cert.pem: is a link to ../../archi")
    assert "of certbot all of /etc/letsencrypt, not live/" in said


@pytest.mark.parametrize(("name", "issued"), [(HOST, LEAF), ("*.example.org", STARRED)])
def test_caddys_certificate_is_found(tmp_path, name, issued):
    """Also one with a star, which Caddy keeps as wildcard_."""
    caddy(tmp_path, "www.example.org", OTHER)
    put(tmp_path / "caddy/acme/users/default", default_key=OTHER.key_pem)

    assert best(caddy(tmp_path, name, issued)) == issued.certificate


@pytest.mark.parametrize("name", ["acme.json", "letsencrypt.json"])
def test_traefiks_certificate_is_found(tmp_path, name):
    """In the file, however it is called, and in its folder; of any resolver."""
    path = traefik(tmp_path / name, empty=[], http=[OTHER], dns=[OTHER, LEAF])

    assert best(path) == LEAF.certificate
    assert best(tmp_path) == LEAF.certificate


def test_traefik_1_is_read_too(tmp_path):
    """It knew one resolver, and wrote capitals."""
    kept = {
        "Domain": {"Main": HOST, "SANs": None},
        "Certificate": encoded(LEAF.pem + MIDDLE.pem),
        "Key": encoded(LEAF.key_pem),
    }
    text = json.dumps({"Account": {}, "Certificates": [kept], "HTTPChallenges": {}})
    (tmp_path / "acme.json").write_text(text)

    assert best(tmp_path) == LEAF.certificate


def test_incomplete_traefik_entry_is_reported(tmp_path):
    """By its resolver and the name it is for."""
    path = traefik(tmp_path / "acme.json", dns=[LEAF])
    path.write_text(path.read_text().replace('"key"', '"kez"'))

    (said,) = refusal(tmp_path)

    assert said.startswith(f"{path} (dns: main.example.org): lacks the key or the cert")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        "null",
        '{"a": {"Certificates": {"b": 1}}}',
        '{"a": {"Certificates": [1, null]}, "b": [], "Certificates": 5}',
        '{"a": "\udc80"}',
    ],
)
def test_other_json_is_ignored(tmp_path, text):
    """It is passed over."""
    (tmp_path / "acme.json").write_text(text, errors="surrogateescape")

    assert "holds no certificate with its key" in refusal(tmp_path)[0]


# --- Any other folder ---


def test_single_key_gets_all_certificates_of_its_folder(tmp_path):
    """As acme.sh names its files: no two of them alike."""
    put(tmp_path, **{f"{HOST}_cer": LEAF.pem, f"{HOST}_key": LEAF.key_pem})
    put(tmp_path, ca_cer=MIDDLE.pem, fullchain_cer=LEAF.pem + MIDDLE.pem)

    assert best(tmp_path) == LEAF.certificate


def test_several_keys_get_certificates_of_their_name(tmp_path):
    """The certificates of several hosts, side by side."""
    put(tmp_path, web_crt=OTHER.pem + MIDDLE.pem, web_key=OTHER.key_pem)
    put(tmp_path, mail_PEM=LEAF.pem + MIDDLE.pem, mail_KEY=LEAF.key_pem)

    assert best(tmp_path) == LEAF.certificate
    assert [(each.place, each.text) for each in discovery.find(tmp_path)] == [
        (f"{tmp_path}/mail.PEM", "\n".join([LEAF.key_pem, LEAF.pem + MIDDLE.pem])),
        (f"{tmp_path}/web.crt", "\n".join([OTHER.key_pem, OTHER.pem + MIDDLE.pem])),
    ]


def test_one_file_may_hold_key_and_certificate(tmp_path):
    """As HAProxy has it; given itself, its name doesn't count."""
    both = LEAF.pem + MIDDLE.pem + LEAF.key_pem
    put(tmp_path, mail_pem=both, web_pem=OTHER.pem + MIDDLE.pem + OTHER.key_pem)
    put(tmp_path, mail_txt=both)

    assert best(tmp_path) == LEAF.certificate
    assert best(tmp_path / "mail.txt") == LEAF.certificate


# --- Which one is taken ---


def test_longest_valid_certificate_is_chosen(tmp_path):
    """Wherever it lies, whoever keeps it."""
    certbot(tmp_path / "certbot", HOST, LEAF)
    caddy(tmp_path / "caddy", "*.example.org", STARRED)
    assert best(tmp_path) == STARRED.certificate

    traefik(tmp_path / "acme.json", le=[LATER])
    assert best(tmp_path) == LATER.certificate


def test_ecdsa_is_chosen_if_both_end_at_once(tmp_path):
    """Whichever is found first."""
    old = server(MIDDLE, key=rsa_key())
    for first, issued in {"a": old, "b": LEAF, "c": old}.items():
        put(tmp_path, **{f"{first}_pem": issued.pem + MIDDLE.pem + issued.key_pem})

    assert best(tmp_path) == LEAF.certificate


# --- What is said when none will do ---


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
