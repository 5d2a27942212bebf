"""DKIM: the published key is the one that signs."""

import pytest

from stack.dns.check.finding import Status

NAME = "ed25519-202611._domainkey.example.org"


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        (['"v=DKIM1; k=ed25519; p=BBBB"'], Status.OK, ""),
        (['"k=ed25519;p= BB" " BB ;"'], Status.OK, ""),
        (['"v=DKIM1; k=ed25519; s=other:email; h=sha256; p=BBBB"'], Status.OK, ""),
        ([], Status.MISSING, "publish it"),
        (['"v=DKIM1; k=ed25519; p=BBBC"'], Status.WRONG, "another key"),
        (['"v=DKIM1; k=ed25519; p=bbbb"'], Status.WRONG, "another key"),
        (['"v=DKIM1; k=rsa; p=BBBB"'], Status.WRONG, "for rsa instead of ed25519"),
        (['"v=DKIM1; p=BBBB"'], Status.WRONG, "for rsa instead of ed25519"),
        (['"v=DKIM1; k=ed25519; p="'], Status.WRONG, "revoked"),
        (['"v=DKIM1; k=ed25519"'], Status.WRONG, "no key in it"),
        (['"v=DKIM1; k=ed25519; s=other; p=BBBB"'], Status.WRONG, "not for mail"),
        (['"v=DKIM1; k=ed25519; h=sha1; p=BBBB"'], Status.WRONG, "SHA-256"),
        (['"v=DKIM1; k=ed25519; t=s:y; p=BBBB"'], Status.WARNING, "t=y"),
        (['"v=DKIM1; k=ed25519; t=s; p=BBBB"'], Status.OK, ""),
        (['"v=spf1 -all"'], Status.WRONG, "no DKIM record"),
        (['"what is that"'], Status.WRONG, "no DKIM record"),
        (
            ['"v=DKIM1; k=ed25519; p=BBBB"', '"v=DKIM1; k=ed25519; p=CCCC"'],
            Status.WRONG,
            "several records",
        ),
    ],
)
def test_dkim(net, finding, values, status, words):
    """Compared by its tags, however it is folded (RFC 6376 §3.6.1)."""
    net.set(NAME, "TXT", *values)

    found = finding("DKIM", NAME)

    assert (found.status, words in found.remark) == (status, True), found.remark


def test_a_key_that_was_cut_off_is_wrong(net, finding):
    """Some forms for DNS records take 255 octets."""
    name = "rsa-202611._domainkey.example.org"
    assert finding("DKIM", name).status is Status.OK
    net.set(name, "TXT", f'"v=DKIM1; k=rsa; p={"A" * 237}"')

    assert finding("DKIM", name).status is Status.WRONG


def test_a_record_elsewhere_is_followed(net, finding):
    """Whoever has the DNS of many domains keeps the keys in one place."""
    net.set(NAME, "TXT")
    net.records += [
        f"{NAME}. CNAME keys.a.example.",
        'keys.a.example. TXT "v=DKIM1; k=ed25519; p=BBBB"',
    ]

    assert finding("DKIM", NAME).status is Status.OK
