"""Writes down every setting, from the settings themselves."""

from textwrap import fill

from pydantic.fields import FieldInfo

from stack.config.settings import Settings

TRIAL = {"mail_domain": "example.test", "mail_hostname": "mail.example.test"}


def example() -> str:
    """Return the text of .env.example: every key, what it is for, its default."""
    head = (
        "# What you decide. Everything else is made from this file by `stack init`.\n"
        "# Remove the # before a key to change it; what is shown is its default.\n"
        "# No quotes, no $: letters, digits and . _ : / @ , + - mean the same to all.\n"
    )
    return head + "".join(
        f"\n{_comment(field)}\n{_line(name, field)}\n"
        for name, field in Settings.model_fields.items()
    )


def markdown() -> str:
    """Return the text of docs/settings.md: a row for each key."""
    head = (
        "# Settings\n\n"
        "Every key of `.env`, made from `stack/config/settings/` by `make docs`.\n"
        "After a change run `stack init` (`docker compose run --rm stack`), which\n"
        "lists what is wrong. When nothing is, `docker compose up -d` opens changed\n"
        "ports.\n\n"
        "| Key | Default | What it is |\n| --- | --- | --- |\n"
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
    """Return *value*, a setting's, as it would stand in .env."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    # A relay and a block list are tuples, too, that know their own form.
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
