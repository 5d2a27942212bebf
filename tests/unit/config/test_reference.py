"""What is written down about the settings is what they are."""

import pytest

from stack.config import envfile, reference
from stack.config.settings import Settings
from tests.support.places import ROOT


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env.example", reference.example()),
        ("docs/settings.md", reference.markdown()),
    ],
)
def test_the_files_in_the_repository_are_not_stale(name, text):
    """After a change of the settings, both files have been made anew."""
    assert (ROOT / name).read_text() == text


def test_the_example_is_a_working_file():
    """.env.example can be taken as it is: the trial domain, all else default."""
    trial = Settings(mail_domain="example.test", mail_hostname="mail.example.test")

    assert envfile.parse(reference.example()) == trial


def test_the_defaults_shown_are_the_defaults():
    """Every key that is shown commented out could be uncommented as it stands."""
    lines = reference.example().splitlines()
    shown = [
        line[1:] if line.startswith("#") and line[1] != " " else line for line in lines
    ]

    assert envfile.parse("\n".join(shown)) == envfile.parse(reference.example())


def test_every_setting_is_explained():
    """No key is without a sentence on what it is for."""
    assert all(field.description for field in Settings.model_fields.values())
