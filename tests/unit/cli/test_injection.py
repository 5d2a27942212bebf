"""What a shell, a path, a Postfix table or Dovecot would take for more than a name."""

import pytest

POISON = [
    "a\nb",
    "a\tb",
    "a b",
    "a,b",
    "a\0b",
    "a\\b",
    'a"b',
    "|cmd",
    "/file",
    "../x",
    ":include:",
    ":include:/etc/passwd",
    "$user",
    "${user}",
    "`id`",
    "%{user}",
    "%u",
    "{}",
    "{{ mail_domain }}",
    "<a>",
    "a;b",
    "a*b",
    "-x",
]
COMMANDS = {
    "user": ["user", "add --generate", "{}@example.org"],
    "user's domain": ["user", "add --generate", "a@{}.example.org"],
    "domain": ["domain", "add", "a.example", "{}.example"],
    "alias": ["alias", "add", "{}", "x@b.example"],
    "alias's name": ["alias", "add", "{}@example.org", "x@b.example"],
    "alias's domain": ["alias", "add", "@{}.example.org", "x@b.example"],
    "alias's target": ["alias", "add", "info", "{}@b.example"],
    "alias's target's domain": ["alias", "add", "info", "x@{}.example"],
    "login": ["sendas", "add", "{}", "@books.example.org"],
    "right": ["sendas", "add", "app", "{}@example.org"],
    "right's domain": ["sendas", "add", "app", "@{}.example.org"],
    "blocked": ["spam block", "add", "{}@example.net"],
    "blocked domain": ["spam block", "add", "@{}.example.net"],
    "welcome": ["spam welcome", "add", "x@{}.example.net"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_poison_is_refused_everywhere(stack, ready, command):
    """Nothing of it is stored, and the answer is one about the input (exit code 2)."""
    stack("user", "add", "app@example.org", "--generate")
    before = ready.database.read_bytes()

    group, verb, *words = COMMANDS[command]
    for poison in POISON:
        argv = [word.replace("{}", poison) for word in words]
        done = stack(*group.split(), *verb.split(), "--", *argv)
        assert done.exit_code == 2, (poison, done.output)
        assert "Invalid value" in done.stderr, (poison, done.output)

    assert ready.database.read_bytes() == before
