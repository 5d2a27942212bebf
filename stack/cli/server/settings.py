"""`stack settings`: what can stand in .env."""

import click


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["example", "markdown"]),
    default="example",
    show_default=True,
    help="As .env.example, or as docs/settings.md.",
)
def settings(form: str) -> None:
    """Print every setting of .env with its default and what it is for."""
    from stack.config import reference

    text = reference.example() if form == "example" else reference.markdown()
    click.echo(text, nl=False)
