"""config/ becomes what the daemons read, and mistakes in it stop here."""

import re
import subprocess

import pytest

from stack.apply.render import leftovers, render, stale
from stack.certs.store import Host, Served
from stack.config.settings import Settings
from stack.dns.dkim.state import SigningKeys
from stack.system.errors import InvalidError
from tests.support.places import CONFIG as REAL

KEYS = [SigningKeys("example.org", "rsa-202611", "ed25519-202611")]
SERVED = Served(
    ("mail.example.org.pem", "mail.example.org.rsa.pem"),
    (Host("*.b.example", ("b.example.pem",)),),
)


def put(project, files: dict[str, str]) -> None:
    """Write *files* below var/etc/."""
    for name, text in files.items():
        path = project.etc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_every_file_is_rendered_or_copied(project, settings):
    """A template loses its suffix, all else is taken as it is, sums come last."""
    rendered = render(project.config, settings, KEYS, SERVED)

    assert rendered == {
        "dkim-sign/KeyTable": "example.org rsa-202611 ed25519-202611\n",
        "postfix/main.cf": "myhostname = mail.example.org\n",
        "postfix/pcre/headers": "/^X-{{ not a setting }}/ IGNORE\n",
        "dkim-sign/SHA256SUMS": (
            "8b4d977c1a35ecab06323a0b58a068c18842254b63fb38b958546d2bfce0dba4"
            "  KeyTable\n"
        ),
        "postfix/SHA256SUMS": (
            "59d622c6fc4dab5295085ee3b60e511da7e46f57a530b6a72533376e07a5ade6"
            "  main.cf\n"
            "90028a78e39a9ad23a6b83d0001118e0f2bc3cd09e60bac29ab82a288a81e788"
            "  pcre/headers\n"
        ),
    }
    assert [name for name in rendered if "SUMS" in name] == list(rendered)[-2:]


def test_the_sums_are_what_sha256sum_reads(project, settings):
    """A container checks a configuration with the ordinary tool."""
    put(project, render(project.config, settings, KEYS, SERVED))

    services = list(project.etc.iterdir())
    assert {each.name for each in services} == {"dkim-sign", "postfix"}
    for service in services:
        subprocess.run(
            ["/usr/bin/sha256sum", "--check", "--strict", "SHA256SUMS"],
            cwd=service,
            check=True,
            capture_output=True,
        )


def test_nothing_is_escaped_and_nothing_is_trimmed(project, settings):
    """These files are no HTML, and their last line has its end."""
    path = project.config / "postfix" / "main.cf.j2"
    path.write_text("a = >=TLSv1.2 & '{{ mail_domain }}'\n\n")

    rendered = render(project.config, settings, KEYS, SERVED)

    assert rendered["postfix/main.cf"] == "a = >=TLSv1.2 & 'example.org'\n\n"


def test_a_section_that_is_left_out_leaves_no_hole(project, settings):
    """Lines that only hold a tag are not lines of the result."""
    path = project.config / "postfix" / "main.cf.j2"
    path.write_text("a\n{% if relay_host %}\nb\n{% endif %}\nc\n")

    assert render(project.config, settings, KEYS, SERVED)["postfix/main.cf"] == "a\nc\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\n\n{{ mail_hostnam }}\n", "main.cf.j2 line 3: 'mail_hostnam' is undefined"),
        (
            "a\n{{ derived.debugging }}\n",
            "main.cf.j2 line 2: 'stack.config.derived.Derived object' has no attribute",
        ),
        ("a\n{% if x %}\n", "main.cf.j2 line 2: Unexpected end of template"),
        ("{{ }\n", "main.cf.j2 line 1: unexpected '}'"),
    ],
)
def test_a_mistake_in_a_template_names_its_line(project, settings, text, reason):
    """A misspelt setting or tag is an error with file and line, never empty text."""
    (project.config / "postfix" / "main.cf.j2").write_text(text)

    with pytest.raises(InvalidError, match=f"^config/postfix/{re.escape(reason)}"):
        render(project.config, settings, KEYS, SERVED)


def test_templates_do_not_compute():
    """What follows from the settings stands in stack/config/derived.py."""
    computing = {}
    for path in REAL.glob("*/*.j2"):
        for tag in re.findall(r"{[{%](.*?)[%}]}", path.read_text(), re.DOTALL):
            code = re.sub(r'"[^"]*"', '""', tag)
            if re.search(r"(?<!\()[*/+]|\.split|replace|\bint\b", code):
                computing[path.name] = tag

    assert computing == {}


def test_a_file_that_is_not_text_is_refused(project, settings):
    """Bytes that are no UTF-8 are told by the name of their file."""
    (project.config / "postfix" / "table").write_bytes(b"\xff")

    with pytest.raises(InvalidError, match="postfix/table: is not UTF-8"):
        render(project.config, settings, KEYS, SERVED)


def test_what_editors_leave_behind_is_not_taken(project, settings):
    """A swap file or a backup is no configuration."""
    for name in (".main.cf.j2.swp", "main.cf.j2~"):
        (project.config / "postfix" / name).write_bytes(b"\xff")

    assert len(render(project.config, settings, KEYS, SERVED)) == 5


def test_only_what_differs_is_stale(project):
    """A file is written when it is missing or has other text."""
    put(project, {"postfix/main.cf": "old", "postfix/master.cf": "same"})
    wanted = {"postfix/main.cf": "new", "postfix/master.cf": "same", "a/b": "c"}

    assert stale(project.etc, wanted) == ["postfix/main.cf", "a/b"]


def test_what_is_no_longer_rendered_is_left_over(project):
    """Old files and folders go, folders last; the services' own folders stay."""
    put(project, {"postfix/main.cf": "", "postfix/old/a": "", "gone/b": ""})

    assert leftovers(project.etc, {"postfix/main.cf": ""}) == [
        "postfix/old/a",
        "postfix/old",
        "gone/b",
    ]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {
            "relay_host": "smtp.example.net:587",
            "relay_by_domain": "example.org/smtp.example.com:465",
            "relay_tls": "optional",
            "log_level": "debug",
            "auth_rate_limit": "0",
            "connection_rate_limit": "0",
            "message_rate_limit": "0",
            "public_ipv4": "192.0.2.1",
            "public_ipv6": "2001:db8::1",
            "allow_ephemeral_data": "yes",
        },
    ],
    ids=["default", "everything set"],
)
def test_the_real_configuration_renders(values):
    """Every template names settings that exist, whatever they are set to."""
    names = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}

    rendered = render(REAL, Settings(**names | values), KEYS, SERVED)

    services = {name.partition("/")[0] for name in rendered}
    assert services == {each.name for each in REAL.iterdir()}
    assert not [text for text in rendered.values() if "{{" in text or "{%" in text]
    assert not [name for name, text in rendered.items() if "None" in text.split()]


def test_each_name_is_shown_its_own_certificates(settings):
    """To Postfix a star is a dot; Dovecot has none beside where there is none."""
    served = Served(
        ("m.pem", "m.rsa.pem"),
        (Host("*.b.example", ("b.pem",)), Host("m.example", ("m.pem", "m.rsa.pem"))),
    )

    rendered = render(REAL, settings, KEYS, served)

    live = "/live/current/tls/"
    table = rendered["postfix/sni.texthash"].splitlines()
    assert [line for line in table if line and not line.startswith("#")] == [
        f".b.example {live}b.pem",
        f"m.example {live}m.pem {live}m.rsa.pem",
    ]
    lines = [line.rstrip() for line in rendered["dovecot/dovecot.conf"].splitlines()]
    assert (
        "\n".join(lines).count(
            f"local_name *.b.example {{\n"
            f"  ssl_server_cert_file = {live}b.pem\n"
            f"  ssl_server_key_file = {live}b.pem\n"
            f"  ssl_server_alt_cert_file =\n"
            f"  ssl_server_alt_key_file =\n"
            f"}}\n"
        )
        == 1
    )
    assert f"\nssl_server_alt_cert_file = {live}m.rsa.pem\n" in "\n".join(lines)
    assert (
        "\nsmtpd_tls_chain_files =\n"
        "    $config_directory/tls/m.pem\n"
        "    $config_directory/tls/m.rsa.pem\n"
    ) in rendered["postfix/main.cf"]
