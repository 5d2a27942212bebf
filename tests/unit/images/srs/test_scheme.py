"""Senders are rewritten to addresses of ours that lead back to them, and expire."""

import pytest
from srs_table.address import Address
from srs_table.scheme import ExpiredError, ForgedError, Scheme

DAY = 86_400
NOW = 1_790_000_000.0
SECRET = b"a" * 32

SENDERS = [
    "a@outside.test",
    "A.Person+list=folder@outside.test",
    "bounce-1=2==3@outside.test",
    '"a b"@outside.test',
    'quo\\"te@outside.test',
    "grüße@outside.test",
    f"{'long' * 16}@{'very.' * 20}long.test",
    "alice@example.test",
    "srs0@outside.test",
    "SRS2=x=y=z@outside.test",
]


def scheme(now: float = NOW, secrets: tuple[bytes, ...] = (SECRET,)) -> Scheme:
    """Return the scheme of example.test at the time *now*, with an age of 21 days."""
    return Scheme("example.test", secrets, 21, lambda: now)


def made(sender: str, at: Scheme | None = None) -> Address:
    """Return what *sender* becomes."""
    return (at or scheme()).forward(Address.of(sender))


@pytest.mark.parametrize("sender", SENDERS)
def test_a_sender_is_found_again(sender):
    """Whatever stands in the local part, and in the form of an address."""
    forwarded = str(made(sender))

    assert forwarded.rpartition("@")[2] == "example.test"
    assert scheme().reverse(Address.of(forwarded)) == Address.of(sender)


def test_the_address_has_the_published_form():
    """Other forwarders recognize it, and wrap it in SRS1."""
    assert str(made("a@outside.test")) == "SRS0=5UFEJX2E=HN=outside.test=a@example.test"


@pytest.mark.parametrize("form", [str.lower, str.upper, str.casefold])
def test_the_case_may_change_on_the_way(form):
    """Some servers lower-case the local part."""
    changed = Address.of(form(str(made("A.Persönß@outside.test"))))

    assert scheme().is_ours(changed)
    back = str(scheme().reverse(changed))
    assert back.casefold() == "a.persönss@outside.test"


@pytest.mark.parametrize("separator", "-+")
def test_the_first_separator_may_be_another(separator):
    """As the paper allows."""
    found = made("a@outside.test").local.replace("=", separator, 1)

    assert scheme().reverse(Address(found, "example.test")).local == "a"


@pytest.mark.parametrize(
    "change",
    [
        lambda local: local.replace("outside.test", "victim.test"),
        lambda local: f"{local}b",
        lambda local: local.replace("=a", "=victim"),
        lambda local: local.replace(local.split("=")[1], "AAAAAAAA"),
        lambda local: local.replace(local.split("=")[1], local.split("=")[1][:4]),
        lambda local: local.replace(local.split("=")[1], ""),
        lambda local: local.replace(local.split("=")[2], "AA"),
        lambda local: local.replace(local.split("=")[2], "==A"),
        lambda local: local.replace("SRS0", "SRS1"),
        lambda local: "=".join(local.split("=")[:3]),
        lambda local: "SRS0=",
        lambda local: "SRS0=ÄÖÜ=AA=outside.test=a",
    ],
)
def test_a_changed_address_is_forged(change):
    """Each part of it counts."""
    local = change(made("a@outside.test").local)

    with pytest.raises(ForgedError):
        scheme().reverse(Address(local, "example.test"))


@pytest.mark.parametrize("sender", ["a@outside.test", "SRS0=x=y=z=a@other.test"])
def test_another_secret_is_needed_for_another_server(sender):
    """Nobody makes such an address but who has the secret."""
    with pytest.raises(ForgedError):
        scheme(secrets=(b"b" * 32,)).reverse(made(sender))


def test_an_old_secret_still_verifies():
    """A new one is put before it."""
    both = scheme(secrets=(b"b" * 32, SECRET))

    assert both.reverse(made("a@outside.test")).local == "a"
    assert made("a@outside.test", both) != made("a@outside.test")


@pytest.mark.parametrize("start", [NOW, 1023 * DAY, 1024 * DAY])
def test_an_address_expires(start):
    """After 21 days, also when the two digits of the day begin anew."""
    address = made("a@outside.test", scheme(start))

    assert scheme(start + 21 * DAY).reverse(address).local == "a"
    with pytest.raises(ExpiredError):
        scheme(start + 22 * DAY).reverse(address)


def test_an_address_of_the_future_is_expired():
    """Nobody can have made it."""
    with pytest.raises(ExpiredError):
        scheme(NOW).reverse(made("a@outside.test", scheme(NOW + DAY)))


@pytest.mark.parametrize(
    ("sender", "back"),
    [
        ("SRS0=x=AB=first.test=a@other.test", "SRS0=x=AB=first.test=a@other.test"),
        ("srs0+x=AB=first.test=a@other.test", "SRS0+x=AB=first.test=a@other.test"),
        ("SRS1=xxxx=other.test==x=AB=first.test=a@third.test",
         "SRS0=x=AB=first.test=a@other.test"),
        ("SRS1+xxxx=other.test=+x=AB=first.test=a@third.test",
         "SRS0+x=AB=first.test=a@other.test"),
    ],
)  # fmt: skip
def test_what_others_have_rewritten_leads_back_to_the_first_of_them(sender, back):
    """With SRS1, so that the address does not grow with each forwarder."""
    forwarded = made(sender)

    assert forwarded.local.startswith("SRS1=")
    assert "other.test=" in forwarded.local
    assert "third.test" not in forwarded.local
    assert str(scheme().reverse(forwarded)) == back


def test_a_changed_shortcut_is_forged():
    """Else it were a relay to any server."""
    local = made("SRS0=x=AB=first.test=a@other.test").local

    with pytest.raises(ForgedError):
        scheme().reverse(Address(local.replace("other", "victim"), "example.test"))


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        ("SRS0=x=y=z=a@example.test", True),
        ("srs0+x=y=z=a@EXAMPLE.test", True),
        ("SRS1=x=y==z=a@example.test", True),
        ("SRS0=x=y=z=a@other.test", False),
        ("SRS0@example.test", False),
        ("srs0people@example.test", False),
        ("alice@example.test", False),
    ],
)
def test_an_address_of_ours_is_told_by_its_tag_and_domain(address, is_it):
    """Only that of our own domain."""
    assert scheme().is_ours(Address.of(address)) is is_it
