"""A key and certificates that an operator brings: taken in order, or refused."""

import random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from stack.certs import foreign
from stack.errors import StackError
from tests.unit.issuing import (
    DAY,
    HOST,
    NOW,
    authority,
    ecdsa,
    issue,
    rsa_key,
    server,
    signed_badly,
)

ROOT = authority("Root", end=NOW + 3650 * DAY)
MIDDLE = authority("Middle", ROOT)
LOWER = authority("Lower", MIDDLE)
LEAF = server(LOWER)
STRANGER = server(authority("Elsewhere"), "www.example.net")

WHOLE = LEAF.key_pem + LEAF.pem + LOWER.pem + MIDDLE.pem


def accept(*parts: str, host: str = HOST, trusted=(ROOT,), now=NOW):
    """Judge the joined *parts*, with Root for the only authority."""
    roots = [each.certificate for each in trusted]
    return foreign.accept("".join(parts), host, now, roots)


def chain(*parts: str, **other):
    """Return the certificates that are taken of *parts*."""
    return list(accept(*parts, **other).chain)


def problems(*parts: str, **other) -> list[str]:
    """Return what is said against *parts*, each problem in a line of its own."""
    with pytest.raises(StackError) as caught:
        accept(*parts, **other)
    said = list(caught.value.problems)
    assert all(each and each.isprintable() for each in said)
    return said


def certificates(*issued):
    """Return the certificates of *issued*."""
    return [each.certificate for each in issued]


# --- What is taken ---


def test_what_is_right_stays_as_it_is():
    """The key, the leaf, then the issuers, up to one that an authority issued."""
    taken = accept(WHOLE)

    assert taken.key.public_key() == LEAF.key.public_key()
    assert list(taken.chain) == certificates(LEAF, LOWER, MIDDLE)


def test_any_order_is_mended():
    """Whichever file came first, and wherever in it the key is."""
    for seed in range(10):
        parts = [LEAF.key_pem, LEAF.pem, LOWER.pem, MIDDLE.pem, ROOT.pem]
        random.Random(seed).shuffle(parts)  # noqa: S311 - no secret

        assert chain(*parts) == certificates(LEAF, LOWER, MIDDLE)


def test_the_root_is_left_out():
    """Who trusts it has it; it completes the chain also where nobody trusts it."""
    assert chain(WHOLE, ROOT.pem, trusted=()) == certificates(LEAF, LOWER, MIDDLE)


def test_what_is_twice_in_it_is_taken_once():
    """As fullchain.pem, cert.pem and privkey.pem joined have it."""
    assert chain(WHOLE, WHOLE, LEAF.pem) == certificates(LEAF, LOWER, MIDDLE)


def test_what_does_not_belong_to_it_is_left_out():
    """Neither strangers, nor an authority of the same name with another key."""
    namesake = authority("Lower", MIDDLE)

    found = chain(STRANGER.pem, namesake.pem, WHOLE)

    assert found == certificates(LEAF, LOWER, MIDDLE)


def test_a_root_that_another_vouches_for_stays():
    """Who doesn't know the new root yet can follow the chain to the old one."""
    new = authority("New root")
    crossed = authority("New root", ROOT, key=new.key)
    leaf = server(new)

    found = chain(leaf.key_pem, leaf.pem, new.pem, crossed.pem, trusted=(ROOT, new))

    assert found == certificates(leaf, crossed)


def test_a_cross_signature_that_ended_is_left_out():
    """When the new root alone is enough, the old one's end takes nothing down."""
    new = authority("New root")
    crossed = authority("New root", ROOT, key=new.key, end=NOW - DAY / 2)
    leaf = server(new)

    found = chain(leaf.key_pem, leaf.pem, crossed.pem, trusted=(ROOT, new))

    assert found == certificates(leaf)


def test_a_cross_signature_by_one_that_nobody_knows_is_left_out():
    """The chain ends where an authority is known."""
    crossed = authority("Root", authority("Unknown"), key=ROOT.key)

    assert chain(WHOLE, crossed.pem) == certificates(LEAF, LOWER, MIDDLE)


def test_authorities_that_vouch_for_each_other_are_no_trap():
    """A circle of cross signatures ends, and so does a thicket of them."""
    keys = [ecdsa() for _ in range(12)]
    own = [authority(f"CA {i}", key=key) for i, key in enumerate(keys)]
    tangle = [
        authority(f"CA {i}", by, key=key).pem
        for i, key in enumerate(keys)
        for by in own
        if by.key is not key
    ]
    leaf = server(own[0])

    found = chain(leaf.key_pem, leaf.pem, *tangle, trusted=(own[0],))

    assert found[0] == leaf.certificate
    assert len({each.subject for each in found}) == len(found)


def test_a_chain_that_is_too_long_to_follow_is_refused():
    """OpenSSL follows ten certificates, unless it is told otherwise."""
    above = [ROOT]
    for number in range(10):
        above.insert(0, authority(f"CA {number}", above[0]))
    leaf = server(above[0])

    (said,) = problems(leaf.key_pem, leaf.pem, *(each.pem for each in above))

    assert "CN=CA 0 is missing" in said


def test_a_self_signed_certificate_is_complete():
    """Clients that are told to trust it need no other."""
    alone = server(None)

    assert chain(alone.key_pem, alone.pem, trusted=()) == certificates(alone)


def test_a_self_signed_authority_may_be_the_servers_own():
    """Many tools make their self-signed certificates so."""
    alone = server(None, ca=True)

    assert chain(alone.pem, alone.key_pem) == certificates(alone)


def test_of_a_key_with_two_certificates_the_useful_one_is_taken():
    """After a renewal with the old key, both may be in the folder."""
    old = server(LOWER, key=LEAF.key, end=NOW + DAY)
    other = server(LOWER, "www.example.org", key=LEAF.key, end=NOW + 900 * DAY)
    unsigned = server(None, key=LEAF.key, end=NOW + 900 * DAY)
    future = server(LOWER, key=LEAF.key, begin=NOW + DAY, end=NOW + 900 * DAY)

    found = chain(old.pem, other.pem, unsigned.pem, future.pem, WHOLE)

    assert found == certificates(LEAF, LOWER, MIDDLE)


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("*.example.org", HOST),
        ("MAIL.example.org", HOST),
        (HOST, "Mail.Example.ORG."),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
    ],
)
def test_names_that_mean_the_host(name, host):
    """Capitals are nothing, and a star is one label, the first (RFC 9525 §6.3)."""
    leaf = server(ROOT, names=["a.example.net", name])

    assert chain(leaf.key_pem, leaf.pem, host=host) == certificates(leaf)


@pytest.mark.parametrize(
    ("curve", "name"), [(ec.SECP256R1(), "P-256"), (ec.SECP384R1(), "P-384")]
)
def test_both_usual_curves_are_taken(curve, name):
    """What clients verify."""
    leaf = server(ROOT, key=ec.generate_private_key(curve))

    assert accept(leaf.key_pem, leaf.pem).key_type == f"ECDSA {name}"


def test_rsa_is_taken_in_the_old_form_too():
    """BEGIN RSA PRIVATE KEY is what OpenSSL wrote before its version 1.0."""
    leaf = server(ROOT, key=rsa_key())
    old = leaf.key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ).decode()

    assert "BEGIN RSA PRIVATE KEY" in old
    assert accept(old, leaf.pem).is_rsa


def test_what_stands_around_the_blocks_is_no_obstacle():
    """Line ends of Windows, indents, comments in any language, DH parameters."""
    noise = (
        "\ufeffsubject=Müller \udcff\n-----BEGIN DH PARAMETERS-----\nAA==\n"
        "-----END DH PARAMETERS-----\n"
    )
    text = noise + WHOLE.replace("\n", "\r\n  ") + "\0 Ende"

    assert chain(text) == certificates(LEAF, LOWER, MIDDLE)


def test_without_usage_any_use_is_meant():
    """An extended key usage that isn't there forbids nothing (RFC 5280 §4.2.1.12)."""
    leaf = server(ROOT, usage=())

    assert chain(leaf.key_pem, leaf.pem) == certificates(leaf)


# --- What is refused: what was brought ---


@pytest.mark.parametrize("text", ["", " \r\n\t"])
def test_nothing_is_refused(text):
    """An empty file is told as such."""
    assert problems(text) == [
        "it is empty: bring the private key and the certificates, as PEM"
    ]


def as_read(data: bytes) -> str:
    """Return *data* as stack.files.read does."""
    return data.decode(errors="surrogateescape")


def der_files() -> dict[str, bytes]:
    """Return what is DER, by what it is."""
    private = LEAF.key.private_bytes
    old = PrivateFormat.TraditionalOpenSSL
    return {
        "certificate": LEAF.certificate.public_bytes(Encoding.DER),
        "key": private(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "short key": private(Encoding.DER, old, NoEncryption()),
        "rsa": rsa_key().private_bytes(Encoding.DER, old, NoEncryption()),
    }


@pytest.mark.parametrize("data", der_files().values(), ids=der_files())
@pytest.mark.parametrize("read", [as_read, lambda data: data.decode("latin-1")])
def test_der_is_refused_with_the_way_to_pem(data, read):
    """However the file was read: the command that turns it into PEM."""
    (said,) = problems(read(data))

    assert "it is DER" in said
    assert "`openssl x509 -inform DER -in FILE -out NEW`" in said
    assert "`openssl pkey -inform DER -in FILE -out NEW`" in said


def test_pkcs12_is_refused_with_the_way_to_pem():
    """What Windows and Java export."""
    data = pkcs12.serialize_key_and_certificates(
        b"mail", LEAF.key, LEAF.certificate, None, BestAvailableEncryption(b"secret")
    )

    (said,) = problems(as_read(data))

    assert "`openssl pkcs12 -in FILE -nodes -out NEW`" in said


@pytest.mark.parametrize(
    "text", ["hello", "MIIBszCCAVk=\n", "0", "\ud800\udfff", "\0\0", "€" * 99]
)
def test_garbage_is_refused(text):
    """With what PEM looks like, and the commands that may help."""
    (said,) = problems(text)

    assert said.startswith("it is not PEM, whose lines are like -----BEGIN CERT")


def test_certificates_without_their_key_are_refused():
    """The key is what people forget."""
    (said,) = problems(LEAF.pem, LOWER.pem, MIDDLE.pem)

    assert said.startswith("there is no private key in it: bring it too")


def test_a_key_without_its_certificate_is_refused():
    """Or the certificate."""
    (said,) = problems(LEAF.key_pem)

    assert said.startswith("there is no certificate in it: bring it too")


def test_two_keys_are_refused():
    """Nobody guesses which one was meant."""
    (said,) = problems(WHOLE, STRANGER.key_pem)

    assert said.startswith("2 private keys are in it: leave only the one")


@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]
)
def test_an_encrypted_key_is_refused(form):
    """In the form of today and in that with Proc-Type: with the way to open it."""
    locked = LEAF.key.private_bytes(
        Encoding.PEM, form, BestAvailableEncryption(b"secret")
    ).decode()

    (said,) = problems(locked, LEAF.pem, LOWER.pem, MIDDLE.pem)

    assert said.startswith("the private key is encrypted")
    assert "`openssl pkey -in KEY -out NEW`" in said


@pytest.mark.parametrize(
    ("cut", "what"), [("END PRIVATE", "private key"), ("END CERT", "certificate")]
)
def test_what_is_cut_off_is_refused(cut, what):
    """A copy that lacks its last line is told from a key that isn't there."""
    single = LEAF.key_pem + server(ROOT, key=LEAF.key).pem

    (said,) = problems(single.replace(f"-----{cut}", "-----"))

    assert said.startswith(f"a {what} in it is damaged or cut off: copy it anew")


def test_what_is_damaged_is_refused():
    """A letter that changed is enough, in the key and in a certificate."""
    damaged = WHOLE.replace("\nMII", "\n!II").replace("\nMIG", "\n!IG")

    said = problems(damaged)

    assert [each.partition(" in it")[0] for each in said] == [
        "a private key",
        "a certificate",
    ]


def test_a_request_is_no_certificate():
    """What was sent to the authority is often brought back instead of the answer."""
    block = "-----{} CERTIFICATE REQUEST-----\n"

    said = problems(LEAF.key_pem, block.format("BEGIN"), block.format("END"))

    assert said[0].startswith("a certificate request is in it")


def test_pkcs7_is_refused_with_the_way_out_of_it():
    """What some authorities send."""
    wrapped = pkcs7.serialize_certificates(certificates(LEAF, LOWER), Encoding.PEM)

    said = problems(LEAF.key_pem, wrapped.decode())

    assert "`openssl pkcs7 -print_certs -in FILE -out NEW`" in said[0]


# --- What is refused: the key ---


def test_a_key_of_another_certificate_is_refused():
    """The certificates that were seen are named."""
    (said,) = problems(STRANGER.key_pem, LEAF.pem, LOWER.pem, MIDDLE.pem)

    assert "fits none of the certificates in it (mail.example.org, Lower, Mi" in said


def test_a_short_rsa_key_is_refused():
    """Clients want 2048 bits (Debian's OpenSSL at its security level 2)."""
    leaf = server(ROOT, key=rsa_key(1024))

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("its RSA key has 1024 bits, too few: have the certificate")


def dsa_key():
    """Return a key of a kind that TLS forgot."""
    return dsa.generate_private_key(1024)  # noqa: S505 - a longer one takes seconds


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: ec.generate_private_key(ec.SECP521R1()), "on the curve secp521r1"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "on the curve secp256k1"),
        (ed25519.Ed25519PrivateKey.generate, "of the kind Ed25519"),
        (dsa_key, "of the kind DSA"),
    ],
    ids=["P-521", "secp256k1", "Ed25519", "DSA"],
)
def test_a_key_of_a_kind_that_few_know_is_refused(make, why):
    """And the kinds that all know are told."""
    leaf = server(ROOT, key=make())

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith(f"its key is {why}")
    assert "ECDSA P-256, ECDSA P-384, or RSA with at least 2048 bits" in said


# --- What is refused: the certificate ---


@pytest.mark.parametrize(
    "name",
    [
        "example.org",
        "*.org",
        "*.mail.example.org",
        "*.a.example.org",
        "m*.example.org",
        "mail.*.org",
        "*",
    ],
)
def test_a_certificate_for_another_host_is_refused(name):
    """A star stands for one label, the first, and for all of it."""
    leaf = server(ROOT, names=["a.example.net", name])

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("the certificate is for a.example.net")
    assert said.endswith("not for mail.example.org: bring the one that is")


def test_the_common_name_is_not_looked_at():
    """Clients don't either, since RFC 6125 (now RFC 9525 §2)."""
    leaf = server(ROOT, names=[])

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("the certificate is for no host, as clients read it (mail.")


def test_a_certificate_that_ended_is_refused():
    """With the day."""
    (said,) = problems(WHOLE, now=LEAF.certificate.not_valid_after_utc + DAY / 86400)[
        :1
    ]

    assert said == "the certificate ended on 2027-02-21: renew it"


def test_a_certificate_that_has_not_begun_is_refused():
    """With the day, and the thought that our clock may be wrong."""
    leaf = server(ROOT, begin=NOW + 2 * DAY)

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("the certificate begins on 2026-11-25: wait")


def test_an_authoritys_own_certificate_is_refused():
    """Clients don't talk to one that says it is an authority's."""
    leaf = server(ROOT, ca=True)

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("the certificate is an authority's own (mail.example.org)")


@pytest.mark.parametrize(
    "usage",
    [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE],
)
def test_a_certificate_for_clients_is_refused(usage):
    """Nor does OpenSSL take one that is for any use for a server's."""
    leaf = server(ROOT, usage=[usage])

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert "its extended key usage lacks serverAuth" in said


@pytest.mark.parametrize(
    ("hash", "name"),
    [
        (hashes.SHA1(), "SHA-1"),  # noqa: S303 - it is what is refused
        (hashes.MD5(), "MD5"),  # noqa: S303 - the same
    ],
)
def test_a_forgeable_signature_is_refused(hash, name):
    """The leaf's, and that of an issuer that clients are shown."""
    root = authority("Old root", key=rsa_key())
    middle = signed_badly(authority("Old", root, key=rsa_key()), root, hash)
    leaf = signed_badly(server(middle), middle, hash)

    said = problems(leaf.key_pem, leaf.pem, middle.pem, root.pem)

    weak = [each for each in said if f"signed with {name}" in each]
    assert weak[0].startswith("the certificate of mail.example.org")


# --- What is refused: the chain ---


def test_a_chain_with_a_gap_is_refused():
    """The missing issuer is named: its certificate is to be had from its site."""
    (said,) = problems(LEAF.key_pem, LEAF.pem, MIDDLE.pem)

    assert said.startswith("the certificate of CN=Lower is missing, which issued that")


def test_a_chain_of_an_authority_that_nobody_knows_is_refused():
    """It's the last link that lacks."""
    (said,) = problems(WHOLE, trusted=(authority("Other"),))

    assert said.startswith("the certificate of CN=Root is missing, which issued that")
    assert "ca-certificates" not in said


def test_without_any_authority_that_is_said():
    """The operator's chain may be right, and this machine bare."""
    (said,) = problems(WHOLE, trusted=())

    assert "install the package ca-certificates" in said


def test_an_authority_of_the_same_name_is_another():
    """It's the signature that counts, not the name."""
    (said,) = problems(WHOLE, trusted=(authority("Root"),))

    assert "CN=Root is missing" in said


def test_a_servers_certificate_issues_none():
    """Who has one certificate must not make more of them."""
    forged = issue("forged", LEAF, names=[HOST])

    said = problems(forged.key_pem, forged.pem, LEAF.pem, LOWER.pem, MIDDLE.pem)

    assert "CN=mail.example.org is missing" in said[0]


def test_an_issuer_that_ended_is_refused():
    """Its successor has the same key, and the authority offers it."""
    ended = authority("Ended", ROOT, begin=NOW - 9 * DAY, end=NOW - DAY)
    leaf = server(ended)

    (said,) = problems(leaf.key_pem, leaf.pem, ended.pem)

    assert said.startswith("its issuer's certificate (Ended) is valid from 2026-11-14 ")
    assert "to 2026-11-22 only" in said


def test_all_problems_are_told_at_once():
    """Nobody mends one after the other, with a visit to an authority each time."""
    leaf = server(LOWER, "www.example.net", end=NOW - DAY / 2, usage=())

    said = problems(rsa_key_pem(1024), leaf.pem)

    assert len(said) == 5
    for words in ["1024 bits", "fits none", "not for mail", "ended on", "CN=Lower"]:
        assert any(words in each for each in said)


def test_without_the_key_the_certificate_is_judged_all_the_same():
    """It's the one that is no authority's."""
    leaf = server(LOWER, "www.example.net")

    said = problems(LOWER.pem, MIDDLE.pem, leaf.pem)

    assert said[0].startswith("there is no private key in it")
    assert said[1].startswith("the certificate is for www.example.net, not for mail.")


def rsa_key_pem(bits: int) -> str:
    """Return the RSA key of *bits* in PEM."""
    return server(None, key=rsa_key(bits)).key_pem


def test_names_that_a_stranger_chose_are_shown_safely():
    """No line end and no escape sequence of a certificate reaches the terminal."""
    evil = authority("a\n\x1b[31mb\u202ec" + "d" * 40)
    leaf = server(evil)

    said = problems(leaf.key_pem, leaf.pem)

    assert "a\\n\\x1b[31mb\\u202ecd" in said[0]


def test_no_garbage_ends_in_a_stack_trace():
    """Whatever is cut, changed or swapped: it is taken, or refused in words."""
    chance = random.Random(1)  # noqa: S311 - no secret
    text = WHOLE + ROOT.pem
    for _ in range(300):
        letters = list(text)
        for _ in range(chance.choice([1, 3, 30])):
            at = chance.randrange(len(letters))
            letters[at : at + chance.choice([0, 1, 200])] = chance.choice(
                "A\n-=\0ü\udc80"
            )
        said = outcome("".join(letters))

        assert all(map(str.isprintable, said))


def outcome(text: str) -> tuple[str, ...]:
    """Return what is said against *text*; nothing if it is taken, and for our host."""
    try:
        taken = accept(text)
    except StackError as error:
        return error.problems
    return () if taken.covers(HOST) else ("taken\n",)


# --- Whom this machine trusts ---


def test_the_machines_authorities_are_known(tmp_path, monkeypatch):
    """From its one file and from its folder, each once; what is no root is skipped."""
    other = authority("Other")
    (tmp_path / "all.crt").write_text(f"Müller\n{ROOT.pem}{ROOT.pem[:99]}\n{ROOT.pem}")
    (tmp_path / "0a1b2c3d.0").write_text(ROOT.pem)
    (tmp_path / "0a1b2c3e.0").write_text(other.pem)
    (tmp_path / "0a1b2c3f.0").symlink_to("gone")
    paths = foreign.ssl.get_default_verify_paths()._replace(
        cafile=str(tmp_path / "all.crt"), capath=str(tmp_path)
    )
    monkeypatch.setattr(foreign.ssl, "get_default_verify_paths", lambda: paths)
    foreign.authorities.cache_clear()

    found = foreign.authorities()

    foreign.authorities.cache_clear()
    assert list(found) == certificates(ROOT, other)


def test_a_machine_without_authorities_knows_none(monkeypatch):
    """A small container lacks the package."""
    paths = foreign.ssl.get_default_verify_paths()._replace(cafile=None, capath=None)
    monkeypatch.setattr(foreign.ssl, "get_default_verify_paths", lambda: paths)
    foreign.authorities.cache_clear()

    found = foreign.authorities()

    foreign.authorities.cache_clear()
    assert found == ()
