""".env: read as Compose reads it, or not at all; changed without harm."""

import pytest

from stack.config import envfile
from stack.config.types.blocklists import Blocklist
from stack.config.types.sending.relays import Relay
from stack.system.errors import InvalidError, UnableError

NAMES = "MAIL_DOMAIN=example.org\nMAIL_HOSTNAME=mail.example.org\n"


def problems(text: str) -> tuple[str, ...]:
    """Return what is said about *text*."""
    with pytest.raises(InvalidError) as caught:  # noqa: PT011 - who calls looks at it
        envfile.parse(text)
    return caught.value.problems


@pytest.mark.parametrize(
    "line",
    [
        "SMTP_PORT=2525",
        "export SMTP_PORT=2525",
        'SMTP_PORT="2525"',
        "SMTP_PORT='2525'",
        'SMTP_PORT=2525 # it\'s "$HOME"',
        "SMTP_PORT=2525   ",
        "SMTP_PORT=2525\r",
    ],
)
def test_what_all_read_alike_is_read(line):
    """The forms on which Compose and python-dotenv agree are accepted."""
    assert envfile.parse(f"# it's a $comment\n\n{NAMES}{line}\n").smtp_port == 2525


def test_relays_are_written_in_what_all_read_alike():
    """Several pairs need neither quotes nor spaces."""
    line = "RELAY_BY_DOMAIN=a.example/smtp.example:587,b.example/mx.example"

    assert envfile.parse(f"{NAMES}{line}\n").relays == {
        "a.example": Relay("smtp.example", 587),
        "b.example": Relay("mx.example"),
    }


def test_block_lists_are_written_in_what_all_read_alike():
    """Ranges and weights need no quotes."""
    line = "DNSBL=a.example=127.0.0.[2..11]*2,b.example*-1"

    assert envfile.parse(f"{NAMES}{line}\n").dnsbl == (
        Blocklist("a.example", "127.0.0.[2..11]", 2),
        Blocklist("b.example", weight=-1),
    )


@pytest.mark.parametrize(
    "value",
    [
        "pa$BASE",
        "'pa${BASE}x'",
        "$$",
        r'"a\$b"',
        "${X-d}",
        "${X:-d}",
        "${X:?m}",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        "'it'\\''s'",
        "'unterminated",
        '"unterminated',
        "a b",
        "a#b",
        " spaced",
        " # only a comment",
        "a\\b",
        "ü",
        "a`b",
    ],
)
def test_what_they_may_read_differently_is_refused(value):
    """A line that could mean two things names itself and is refused."""
    (said,) = problems(f"{NAMES}RELAY_HOST={value}\n")

    assert said.startswith(".env line 3: RELAY_HOST: Compose and stack may read")


@pytest.mark.parametrize(
    "line",
    [
        "RELAY_PASSWORD=hunter2",
        "RELAY_PASSWORD=hunter$2",
        "RELAY_PASSWORD = hunter2",
        "RELAY_PASSWORD hunter2",
        "relay_password: hunter2",
        "RELAY_HOST=me:hunter2@smtp.example.net",
        "RELAY_HOST='hunter2",
        "MAIL_DOMAIN=hunter2=\u00a0",
    ],
)
def test_what_may_be_a_secret_is_not_printed(line):
    """Neither in a terminal that others see nor in the log of a container."""
    said = problems(f"MAIL_HOSTNAME=mail.example.org\n{line}\n")

    assert any("line 2: " in each for each in said)
    assert "hunter" not in "".join(said)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("SMTP_PORT=2525\u00a0", "its character 15 is U+00A0"),
        ("\u00a0SMTP_PORT=2525", "its character 1 is U+00A0"),
        ("SMTP_PORT\u200b=2525", "its character 10 is U+200B"),
        ("\u00a0", "its character 1 is U+00A0"),
    ],
)
def test_a_character_that_nobody_sees_is_named(line, place):
    """As it comes from a web page; printed, the line would look right."""
    (said,) = problems(f"{NAMES}{line}\n")

    assert said.startswith(f".env line 3: {place}")


def test_a_character_that_nobody_sees_does_no_harm_in_a_comment():
    """Nobody reads comments but people."""
    text = f"# a\u00a0b\n{NAMES}SMTP_PORT=2525 # c\u00a0d\n"

    assert envfile.parse(text).smtp_port == 2525


def test_the_mark_before_utf_8_is_read_over(tmp_path):
    """Editors of Windows write it, and Compose reads over it, too."""
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbf" + NAMES.encode())

    assert envfile.load(file).mail_domain == "example.org"
    assert (envfile.read(file) or "").startswith("MAIL_DOMAIN=")


@pytest.mark.parametrize(
    "line", ["SMTP_PORT", "SMTP_PORT = 25", " SMTP_PORT=25", "SMTP_PORT: 25", "a=b"]
)
def test_a_line_that_is_not_key_and_value_is_refused(line):
    """What is not KEY=value is an error, not silently dropped."""
    (said,) = problems(f"{NAMES}{line}\n")

    assert said.startswith(".env line 3: ")
    assert "is not KEY=value" in said


@pytest.mark.parametrize("text", ["# a\rSMTP_PORT=1\n", "# a\x00b\n", "\x1b[2J\n"])
def test_a_control_character_is_refused(text):
    """No line hides in a comment behind what one reader takes for a line's end."""
    assert problems(NAMES + text) == (
        ".env line 3: holds a control character: write the line anew",
    )


def test_a_key_that_is_set_twice_is_refused():
    """Which of the two was meant is for the operator to say."""
    assert problems(NAMES + "MAIL_DOMAIN=example.net\n") == (
        ".env line 3: MAIL_DOMAIN is set in line 1 too: delete one",
    )


def test_every_problem_is_told_with_its_line():
    """Lines that can't be read, bad values, unknown and missing keys: all at once."""
    assert problems("MAIL_DOMAIN=x\n\nSMTP_PORT=$P\nSPAM=1\n") == (
        ".env line 3: SMTP_PORT: Compose and stack may read its value differently,"
        " for the '$' in it: use letters, digits and . _ : / @ , + = * [ ] - only, and"
        " no spaces",
        ".env line 1: MAIL_DOMAIN=x must be a domain name like mail.example.org",
        ".env: MAIL_HOSTNAME is missing: write MAIL_HOSTNAME=mail.example.org into"
        " .env, with your own name, or run `stack init --hostname mail.example.org`",
        ".env line 4: SPAM is not a setting: see docs/settings.md",
    )


def test_a_key_with_an_unreadable_value_is_not_called_missing():
    """One mistake is told once."""
    assert len(problems("MAIL_DOMAIN=$X\nMAIL_HOSTNAME=mail.example.org\n")) == 1


def test_a_required_key_without_a_value_is_missing():
    """An empty name is no name."""
    assert problems("MAIL_DOMAIN=\nMAIL_HOSTNAME=mail.example.org\n") == (
        ".env: MAIL_DOMAIN is missing: write MAIL_DOMAIN=example.org into .env, with"
        " your own name, or run `stack init --domain example.org`",
    )


def test_an_empty_value_is_the_default():
    """As it is for Compose's ${KEY:-default}."""
    assert envfile.parse(NAMES + "SMTP_PORT=\nRELAY_HOST=''\n").smtp_port == 25


def test_the_keys_of_compose_itself_may_stand_there():
    """Compose reads its own settings from the same file."""
    settings = envfile.parse(NAMES + "COMPOSE_PROJECT_NAME=post\n")

    assert settings.mail_domain == "example.org"


def test_the_environment_changes_nothing(monkeypatch):
    """Settings come from .env alone."""
    monkeypatch.setenv("SMTP_PORT", "2525")

    assert envfile.parse(NAMES).smtp_port == 25


def test_a_missing_file_says_how_to_make_it(tmp_path):
    """The command that makes .env is named."""
    with pytest.raises(UnableError, match="run `stack init`"):
        envfile.load(tmp_path / ".env")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    """Bytes that are no UTF-8 are an error of one line."""
    (tmp_path / ".env").write_bytes(b"MAIL_DOMAIN=\xff\n")

    with pytest.raises(InvalidError, match="is not UTF-8 text"):
        envfile.load(tmp_path / ".env")


def test_only_the_keys_that_change_are_rewritten():
    """The operator's lines, comments, order and line ends stay."""
    text = "# mine\r\nexport MAIL_DOMAIN='old.example' # why\r\n#SMTP_PORT=25\nX_Y=1"

    changed = envfile.with_values(
        text, {"MAIL_DOMAIN": "new.example", "SMTP_PORT": "26"}
    )

    assert changed == (
        "# mine\r\nexport MAIL_DOMAIN=new.example # why\r\n"
        "#SMTP_PORT=25\nX_Y=1\nSMTP_PORT=26\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "COMPOSE_PROFILES=acme\n"),
        ("A=1", "A=1\nCOMPOSE_PROFILES=acme\n"),
        ("#COMPOSE_PROFILES=x\n", "#COMPOSE_PROFILES=x\nCOMPOSE_PROFILES=acme\n"),
        ("COMPOSE_PROFILES=\nA=1\n", "COMPOSE_PROFILES=acme\nA=1\n"),
        ("COMPOSE_PROFILES=''\n", "COMPOSE_PROFILES=acme\n"),
        ("COMPOSE_PROFILES=web # why\n", "COMPOSE_PROFILES=web,acme # why\n"),
        ('COMPOSE_PROFILES="web,x"\r\n', "COMPOSE_PROFILES=web,x,acme\r\n"),
        ("export COMPOSE_PROFILES=web,\n", "export COMPOSE_PROFILES=web,acme\n"),
        ("COMPOSE_PROFILES=acmes\n", "COMPOSE_PROFILES=acmes,acme\n"),
    ],
)
def test_a_profile_is_added_to_those_that_are_there(before, after):
    """Other services that the operator starts by one go on being started."""
    assert envfile.with_profile(before, "acme") == after


@pytest.mark.parametrize(
    "text",
    [
        "COMPOSE_PROFILES=acme\n",
        "COMPOSE_PROFILES='web,acme' # why\n",
        "COMPOSE_PROFILES=acme,web",
    ],
)
def test_a_profile_that_is_there_is_not_added_again(text):
    """Not a byte of the file changes."""
    assert envfile.with_profile(text, "acme") == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("COMPOSE_PROFILES=web\n", "COMPOSE_PROFILES=web\n"),
        ("COMPOSE_PROFILES=acme\n", "COMPOSE_PROFILES=\n"),
        ("COMPOSE_PROFILES='web,acme,x' # why\n", "COMPOSE_PROFILES=web,x # why\n"),
        ("COMPOSE_PROFILES=acmes,acme", "COMPOSE_PROFILES=acmes"),
    ],
)
def test_a_profile_is_taken_out_and_the_others_stay(before, after):
    """And where it isn't, not a byte of the file changes."""
    assert envfile.with_profile(before, "acme", started=False) == after


def test_what_is_written_for_a_profile_can_be_read():
    """Compose and `stack` agree on the line."""
    text = envfile.with_profile(NAMES + "COMPOSE_PROFILES=web\n", "acme")

    assert envfile.parse(text) == envfile.parse(NAMES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "COMPOSE_A=true\n"),
        ("COMPOSE_A=true # why\n", "COMPOSE_A=true # why\n"),
        ("COMPOSE_A='true'\nCOMPOSE_B=\n", "COMPOSE_A='true'\nCOMPOSE_B=\n"),
        ("COMPOSE_B=[::]\n", "COMPOSE_B=\nCOMPOSE_A=true\n"),
    ],
)
def test_only_what_differs_is_written(before, after):
    """A key that is to be empty may be missing."""
    wanted = {"COMPOSE_A": "true", "COMPOSE_B": ""}

    assert envfile.with_changes(before, wanted) == after
