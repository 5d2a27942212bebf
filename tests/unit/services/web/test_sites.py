"""The names of the service web, by domains or by what was rendered last."""

from stack.certs import store
from stack.config.settings import Settings
from stack.services.web import places, sites
from tests.support.certs.bundles import bundle, put

NAMES = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}
ON = Settings(**NAMES, web="yes")


def test_each_domain_has_two_names():
    """One for the policy, one for the settings of mail programs."""
    found = sites.sites(ON, ["b.example", "a.example", "b.example"], {})

    assert [each.host for each in found] == [
        "mta-sts.a.example",
        "autoconfig.a.example",
        "mta-sts.b.example",
        "autoconfig.b.example",
    ]
    assert [each.is_policy for each in found] == [True, False, True, False]


def test_there_are_none_unless_web_is_yes():
    """Nothing is announced that nobody serves."""
    assert sites.sites(Settings(**NAMES), ["a.example"], {}) == []


def test_a_site_has_the_certificates_of_its_name(tmp_path):
    """A name without one is known, and not served yet."""
    put(tmp_path, **{"mta-sts__a__example": bundle("mta-sts.a.example")})

    first, second = sites.sites(ON, ["a.example"], store.usable(tmp_path))

    assert (first.files, second.files) == (("mta-sts.a.example.pem",), ())


def test_what_was_rendered_is_known_without_the_accounts(project):
    """The service certs sees var/etc and no accounts."""
    path = project.sites
    path.parent.mkdir(parents=True)
    path.write_text("mta-sts a.example\nautoconfig a.example\n")

    assert sites.hosts(project) == ["mta-sts.a.example", "autoconfig.a.example"]
    assert places.of(project, "mta-sts.a.example") is places.WEB
    assert places.of(project, "mta-sts.b.example") is places.MAIL
    assert places.of(project, "mail.example.org") is places.MAIL


def test_before_the_first_rendering_there_are_none(project):
    """All certificates are those of the mail ports then."""
    assert sites.hosts(project) == []
