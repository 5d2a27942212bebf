"""How certificates are issued: refused and accepted values."""

import pytest

from stack.config.reference import written
from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import NAMES, complaint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("acme_directory", "http://ca.example/directory", "the https:// address of"),
        ("acme_directory", "ca.example", "the https:// address of"),
        ("acme_directory", "https://ca.example/a b", "the https:// address of"),
        ("acme_directory", "https://me:x@ca.example/", "the https:// address of"),
        ("acme_directory", "https://ca.example/?a=b", "the https:// address of"),
        ("acme_directory", "https://ca.example/\n--x", "the https:// address of"),
        ("acme_directory", "--https://ca.example/", "the https:// address of"),
        ("acme_email", "me", "must be an address like you@example.org"),
        ("acme_email", "@example.org", "must be an address like you@example.org"),
        ("acme_email", "a@b.example,c@d.example", "must be an address like"),
        ("acme_challenge", "http-01", "must be standalone, webroot, manual or dns-"),
        ("acme_challenge", "dns-", "must be standalone, webroot, manual or dns-"),
        ("acme_challenge", "dns-../x", "must be standalone, webroot, manual or dns-"),
        ("acme_challenge", "Manual", "must be standalone, webroot, manual or dns-"),
        ("acme_dns_propagation_seconds", "7201", "from 0 to 7200"),
        ("acme_dns_propagation_seconds", "1m", "from 0 to 7200"),
        ("acme_webroot", "www", "must be a folder by its whole path"),
        ("acme_webroot", "/srv/$x", "must be a folder by its whole path"),
        ("acme_webroot", "/srv/a:b", "must be a folder by its whole path"),
        ("acme_profile", "Short lived", "must be the name of a profile"),
        ("acme_profile", "a=b", "must be the name of a profile"),
        ("import_folder", "./certs", "must be a folder by its whole path"),
        ("import_folder", "~/certs", "must be a folder by its whole path"),
        ("import_folder", "/srv/a b", "must be a folder by its whole path"),
        ("import_folder", "/srv\n/a", "must be a folder by its whole path"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("acme_directory", "https://ca.example"),
        ("acme_directory", "https://ca.example:14000/dir/a_b-c.d@e+f"),
        ("acme_email", ""),
        ("acme_email", "you+certs@example.org"),
        ("acme_challenge", "webroot"),
        ("acme_challenge", "manual"),
        ("acme_challenge", "dns-rfc2136"),
        ("acme_dns_propagation_seconds", "0"),
        ("acme_dns_propagation_seconds", "7200"),
        ("acme_webroot", "/var/www/html"),
        ("acme_profile", "tlsserver"),
        ("acme_profile", "tls-server-2"),
        ("import_folder", "/srv/traefik/acme.json"),
        ("import_folder", "/etc/letsencrypt"),
    ],
)
def test_good_value_is_written_back_unchanged(key, value):
    """Compose passes on the same text."""
    assert written(getattr(Settings(**NAMES, **{key: value}), key)) == value
