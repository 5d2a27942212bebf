"""Writes .env.example and docs/settings.md from the settings."""

from textwrap import fill

from pydantic.fields import FieldInfo

from stack.config.settings import Settings

TRIAL = {"mail_domain": "example.test", "mail_hostname": "mail.example.test"}


def example() -> str:
    """Return the text of .env.example: every key, what it is for, its default."""
    head = (
        "# Your settings. `stack init` makes everything else from this file.\n"
        "# Each key is shown with its default. To change it, remove the # before it.\n"
        "# Use letters, digits and . _ : / @ , + = * [ ] - only, and no quotes or $.\n"
    )
    return head + "".join(
        f"\n{_comment(field)}\n{_line(name, field)}\n"
        for name, field in Settings.model_fields.items()
    )


def markdown() -> str:
    """Return the text of docs/settings.md: a row for each key."""
    head = (
        "# Settings\n\n"
        "All keys of `.env`, written from `stack/config/settings/` by `make docs`.\n"
        "After a change run `stack init` (`docker compose run --rm stack`), which\n"
        "lists all errors. When there are none, `docker compose up -d` opens changed\n"
        "ports.\n\n"
        "| Key | Default | Meaning |\n| --- | --- | --- |\n"
    )
    rows = (
        f"| `{name.upper()}` | {_cell(field)} | {_text(field)} |\n"
        for name, field in Settings.model_fields.items()
    )
    return head + "".join(rows)


def _text(field: FieldInfo) -> str:
    return " ".join((field.description or "").split())


def _comment(field: FieldInfo) -> str:
    return fill(_text(field), 80, initial_indent="# ", subsequent_indent="# ")


def _default(field: FieldInfo) -> str:
    return written(field.default)


def written(value: object) -> str:
    """Return the *value* of a setting in the form that it has in .env."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    # Not a subclass: relays and block lists are tuples with a form of their own.
    if type(value) is tuple:
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _line(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return f"{name.upper()}={TRIAL[name]}"
    return f"#{name.upper()}={_default(field)}"


def _cell(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return f"`{_default(field)}`" if _default(field) else "empty"
