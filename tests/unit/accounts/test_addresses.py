"""Names and addresses: one form for each, and nothing in them that bites."""

import pytest

from stack.accounts import addresses
from stack.system.errors import StackError

# Each of these means something to a shell, a path, a Postfix table, a Dovecot
# variable, a mail header or the DNS.
POISON = [
    "a\nb",
    "a\r\nb",
    "a\x00b",
    "a\tb",
    "a b",
    " a",
    "a ",
    "a,b",
    "|id",
    "/etc/passwd",
    "../a",
    "a/../../b",
    ":include:/etc/passwd",
    "$x",
    "${x}",
    "%{home}",
    "{}",
    "a%00b",
    "a*master",
    "*",
    '"a b"',
    "a\\b",
    "a`b",
    "a;b",
    "a<b>",
    "a(b)",
    "a!b",
    "a@b",
    "-a",
    ".a",
    "a.",
    "a..b",
    "",
    "x" * 65,
]
# With nothing before its @, a source is a domain.
FORMS = ["{}", "{}@example.org", "@{}.example.org"]
SOURCES = {form.format(name) for form in FORMS for name in POISON} - {"@example.org"}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("example.org", "example.org"),
        ("Example.ORG", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a.b-c.example", "a.b-c.example"),
    ],
)
def test_a_domain_is_stored_in_lower_case_a_labels(given, stored):
    """However a domain is written, it is compared and stored in one form."""
    assert addresses.domain(given) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        ".example.org",
        "example.org.",
        "example..org",
        "-a.example",
        "a-.example",
        "a_b.example",
        "192.0.2.1",
        "[192.0.2.1]",
        "exa mple.org",
        "example.org\n",
        "example.org/..",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "xn--a.example",
    ],
)
def test_what_is_no_domain_name_is_refused(text):
    """A domain has two labels or more, each as the DNS allows for hosts."""
    with pytest.raises(StackError, match="is not a domain name"):
        addresses.domain(text)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Alice@Example.ORG", "alice@example.org"),
        ("a.b-c_d@example.org", "a.b-c_d@example.org"),
        ("0@bücher.example", "0@xn--bcher-kva.example"),
    ],
)
def test_a_user_is_stored_in_lower_case(given, stored):
    """However an address is written, there is one mailbox for it."""
    assert addresses.user(given) == stored


@pytest.mark.parametrize("name", [*POISON, "a+b", "a=b", "a'b", "a&b"])
def test_a_poisonous_user_is_refused(name):
    """Nothing but letters, digits, dot, hyphen and underscore names a mailbox."""
    with pytest.raises(StackError, match="before the @"):
        addresses.user(f"{name}@example.org")


@pytest.mark.parametrize("name", POISON)
def test_a_poisonous_alias_is_refused(name):
    """An alias neither comes from nor leads to a command, a file or a variable."""
    with pytest.raises(StackError, match="before the @"):
        addresses.target(f"{name}@example.org")


@pytest.mark.parametrize("text", sorted(SOURCES))
def test_a_poisonous_source_is_refused(text):
    """A source is held to the same letters, whichever form it has."""
    with pytest.raises(StackError, match=r"before the @|is not a domain name"):
        addresses.source(text)


def test_a_target_elsewhere_may_hold_what_others_use():
    """Forwarding reaches the addresses of other systems, lists and detours."""
    assert addresses.target("A.B+c=d'e@example.net") == "a.b+c=d'e@example.net"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Info@Example.org", "info@example.org"),
        ("@Example.org", "@example.org"),
        ("Postmaster", "postmaster"),
    ],
)
def test_a_source_is_an_address_a_domain_or_a_name(given, stored):
    """The three forms of a source are told apart, and lower-cased."""
    assert addresses.source(given) == stored


@pytest.mark.parametrize("read", [addresses.user, addresses.target])
def test_a_name_alone_is_no_address(read):
    """What it lacks is shown."""
    with pytest.raises(StackError, match="write it as name@example"):
        read("alice")


def test_letters_outside_ascii_are_refused_with_the_reason():
    """A name that other mail servers can't write to is refused as just that."""
    with pytest.raises(StackError, match="must be ASCII"):
        addresses.user("bücher@example.org")


def test_an_address_is_no_longer_than_a_path_may_be():
    """RFC 5321 §4.5.3.1.3 leaves 254 characters between the brackets."""
    domain = ".".join(["a" * 60] * 4)

    with pytest.raises(StackError, match="longer than 254"):
        addresses.user(f"{'x' * 20}@{domain}")


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("a.test", "a.test"),
        ("x.y.a.test", "a.test"),
        ("x.b.a.test", "b.a.test"),
        ("xa.test", None),
        ("test", None),
        ("a.test.", None),
        ("", None),
    ],
)
def test_the_nearest_domain_is_its_own_or_a_parent(domain, found):
    """Only whole labels count, and the longest match."""
    assert addresses.nearest(domain, {"a.test", "b.a.test"}) == found


@pytest.mark.parametrize(
    ("domain", "written"),
    [
        ("xn--mnchen-3ya.example", "münchen.example"),
        ("a.xn--bcher-kva.example", "a.bücher.example"),
        ("example.org", None),
        ("xn--0000.example", None),
    ],
)
def test_a_domain_has_a_name_as_people_write_it(domain, written):
    """Where it differs from what the DNS has, and where IDNA can read that."""
    assert addresses.unicode_name(domain) == written
