"""A certificate for our host is found in the folders of Traefik, Caddy or certbot."""

import json

import pytest

from stack.certs import discovery
from tests.support.certs.authority import HOST, NOW, rsa_key, server
from tests.support.certs.discovered import (
    ENDED,
    LATER,
    LEAF,
    OTHER,
    STARRED,
    best,
    refusal,
)
from tests.support.certs.foreign_folders import (
    MIDDLE,
    ROOT,
    caddy,
    certbot,
    encoded,
    put,
    traefik,
)

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
