"""Which certificate is served for which name."""

from pathlib import Path

import pytest

from stack.certs import store
from stack.certs.store import Host, Served
from stack.system.errors import UnableError
from tests.support.certs.authority import HOST
from tests.support.certs.bundles import bundle, put

MAIN = bundle(HOST)
RSA = bundle(HOST, rsa=True)


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """A directory for certificates."""
    return tmp_path / "tls"


def served(tls: Path, hostname: str = HOST) -> dict[str, tuple[str, ...]]:
    """Return the files shown to each name that is asked for."""
    found = store.served(store.load(tls), hostname)
    return {host.name: host.files for host in found.hosts}


def test_all_who_ask_for_nothing_known_get_the_hosts_own(tls):
    """Both kinds of it; and it is in the table, as Postfix wants."""
    put(tls, mail__example__org=MAIN, mail__example__org__rsa=RSA)
    files = ("mail.example.org.pem", "mail.example.org.rsa.pem")

    found = store.served(store.load(tls), HOST)

    assert found == Served(files, (Host(HOST, files),))


def test_the_hosts_own_name_is_there_although_the_certificate_lacks_it(tls):
    """Postfix complains of a name that isn't in its table, its own included."""
    put(tls, mail__example__org=bundle("example.org"))

    assert served(tls) == dict.fromkeys(
        ["example.org", HOST], ("mail.example.org.pem",)
    )


def test_another_hosts_certificate_never_takes_the_hosts_own_name(tls):
    """Whichever of them comes first in the alphabet, and whatever it names."""
    put(
        tls,
        a__example=bundle("a.example", HOST),
        mail__example__org=bundle("example.org"),
        z__example=bundle("z.example", HOST),
    )

    assert served(tls)[HOST] == ("mail.example.org.pem",)


def test_name_in_two_certificates_gets_its_own(tls):
    """So a certificate for many doesn't hide the one that was got for this name."""
    put(
        tls,
        mail__example__org=bundle(HOST, "b.example", "a.example", "z.example"),
        a__example=bundle("a.example", "b.example"),
        z__example=bundle("z.example"),
    )

    assert served(tls) == {
        "a.example": ("a.example.pem",),
        "b.example": ("a.example.pem",),
        HOST: ("mail.example.org.pem",),
        "z.example": ("z.example.pem",),
    }


def test_names_are_written_in_each_daemons_form(tls):
    """A star is a dot for Postfix; and they are in the order of the alphabet."""
    put(tls, mail__example__org=MAIN, b__example=bundle("b.example", "*.b.example"))

    hosts = store.served(store.load(tls), HOST).hosts

    assert [(host.name, host.postfix) for host in hosts] == [
        ("*.b.example", ".b.example"),
        ("b.example", "b.example"),
        (HOST, HOST),
    ]


def test_without_a_certificate_for_the_host_nothing_can_be_served(tls):
    """MAIL_HOSTNAME was changed, and `stack init` makes what is missing."""
    put(tls, a__example=bundle("a.example", HOST))

    with pytest.raises(UnableError, match=r"MAIL_HOSTNAME=mail.* `stack init`"):
        served(tls)


@pytest.mark.parametrize(
    "poison",
    [
        "a.example\nsmtpd_tls_security_level=none",
        "x.example /etc/passwd",
        "{x.example",
        "x.example}",
        "{{x}}.example",
        "$x.example",
        "x#.example",
        "x\t.example",
        '"x".example',
        "x.example\r",
        "../x",
        "x/y.example",
        "x,y.example",
    ],
)
def test_unsafe_names_never_reach_a_configuration(tls, poison):
    """A stranger may have chosen the names. Invalid host names are dropped."""
    put(tls, mail__example__org=bundle(HOST, poison, "b.example"))
    files = ("mail.example.org.pem",)

    found = store.served(store.load(tls), HOST)

    assert found == Served(files, (Host("b.example", files), Host(HOST, files)))
