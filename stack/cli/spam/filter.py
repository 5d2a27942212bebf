"""`stack spam learn`, `forget`, `test` and `stats`: training of the filter."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import click

from stack.cli.support import arguments, terminal
from stack.cli.support.accounts import reading
from stack.cli.support.output import as_json, say, show, table
from stack.system.errors import StackError, UnableError
from stack.system.project import Project

# The mount point for folders of the host in a container.
HOST = "/host"


class NeedsFilter(click.Command):
    """A command that runs in a container with the filter's socket."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it here if the socket is here, else by `docker compose run`."""
        from stack.services.spam import spamd

        ctx.obj.require()
        if spamd.is_mounted():
            _check_user(ctx.obj, ctx.params.get("address"))
            return super().invoke(ctx)
        return ctx.exit(_run_in_container(ctx.obj, self, ctx.params))


def _check_user(project: Project, address: str | None) -> None:
    from stack.accounts import users

    if address:
        with reading(project) as session:
            users.named(session, address)


def _run_in_container(
    project: Project, command: click.Command, given: dict[str, Any]
) -> int:
    from stack.system import processes

    if not processes.find("docker"):
        raise UnableError(
            "the spam filter is asked in a container: `docker compose run --rm stack"
            f" spam {command.name} …`, on files in the project folder or `-` for stdin"
        )
    compose = ("docker", "compose", "--project-directory", str(project.root))
    mounts = _mounts(filter(_is_file, given.get("files", ())))
    quiet = () if terminal.is_attended() else ("--no-TTY",)
    run = ("run", "--rm", "--no-deps", *quiet, *mounts, "stack")
    words = [word for each in command.params for word in _words(each, given)]
    return processes.run_attached((*compose, *run, "spam", str(command.name), *words))


def _mounts(files: Iterable[Path]) -> list[str]:
    """
    Return the options that mount the folders of *files* under HOST.

    Not the files themselves: their names in a Maildir have a colon, which separates the
    parts of a mount.
    """
    folders = sorted({each if each.is_dir() else each.parent for each in files})
    if wrong := [folder for folder in folders if ":" in str(folder)]:
        raise StackError(
            f"{wrong[0]}: has a colon in its name, so no container can mount it: rename"
            " it, or give each message in it on stdin, as `-`"
        )
    return [f"--volume={folder}:{HOST}{folder}:ro" for folder in folders]


def _words(parameter: click.Parameter, given: dict[str, Any]) -> Iterator[str]:
    """Yield *parameter* as arguments, with the paths of files under HOST."""
    value = given.get(str(parameter.name))
    if isinstance(parameter, click.Argument):
        yield from map(_word, value if isinstance(value, tuple) else (value,))
    elif value is True:
        yield parameter.opts[0]
    elif value:
        yield f"{parameter.opts[0]}={value}"


def _word(value: Any) -> str:
    under_host = isinstance(value, Path) and _is_file(value)
    return f"{HOST}{value}" if under_host else str(value)


def _is_file(path: Path) -> bool:
    return str(path) != "-"


FILE = click.Path(
    exists=True, readable=True, resolve_path=True, allow_dash=True, path_type=Path
)
files = click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)


def _user(text: str) -> Callable[[Any], Any]:
    return click.option("--user", "address", type=arguments.user, help=text)


for_user = _user("With SPAM_LEARNING=user: for this user, too. Always for the site.")


@click.command(cls=NeedsFilter)
@click.argument("kind", metavar="spam|ham", type=click.Choice(["spam", "ham"]))
@files
@for_user
def learn(
    kind: Literal["spam", "ham"], files: tuple[Path, ...], address: str | None
) -> None:
    """
    Train the filter with the messages in FILE as spam, or as ham.

    Ham is mail that isn't spam. FILE is a message, an mbox or a Maildir; - is stdin. A
    message that was learnt as the other kind is learnt anew.
    """
    from stack.services.spam import spamd

    count = _each(files, lambda message: spamd.learn(message, kind, address))
    say(f"Handed over to be learnt as {kind}: {_messages(count)}.")


@click.command(cls=NeedsFilter)
@files
@for_user
def forget(files: tuple[Path, ...], address: str | None) -> None:
    """Make the filter forget what it learnt from the messages in FILE."""
    from stack.services.spam import spamd

    count = _each(files, lambda message: spamd.forget(message, address))
    say(f"Handed over to be forgotten: {_messages(count)}.")


@click.command(cls=NeedsFilter)
@click.argument(
    "files", metavar="FILE", type=FILE, nargs=1, callback=lambda *a: (a[2],)
)
@_user("With SPAM_LEARNING=user: by the training of this user.")
@as_json
def test(files: tuple[Path], address: str | None, json_: bool) -> None:
    """
    Print the score of the message in FILE, test by test.

    The filter can't see which server delivered it, so SPF and the like are left out.
    """
    from stack.services.spam import message_files, spamd

    message = next(message_files.read(files))
    found = spamd.report(message, address)
    if json_:
        tests = [each._asdict() for each in found.tests]
        return show(found._asdict() | {"tests": tests})
    click.echo(f"{found.score:g} points, {found.required:g} are spam")
    table([(f"{t.points:5.1f}", t.name, t.description) for t in found.tests])
    return None


@click.command(cls=NeedsFilter)
@as_json
def stats(json_: bool) -> None:
    """Print how much the filter has learnt, and how much it has still to learn."""
    from stack.services.spam import spamd

    found = spamd.stats()
    if json_:
        return show(found)
    table(
        _known(whose, each, found["enough"]) for whose, each in found["users"].items()
    )
    if not found["users"]:
        say("Nothing has been learnt.")
    if waiting := found["spool"]["messages"]:
        say(f"Not learnt yet: {_messages(waiting)}.")
    return None


def _known(whose: str, known: dict[str, Any], enough: int) -> tuple[str, ...]:
    judges = min(known["nspam"], known["nham"]) >= enough
    return (
        whose,
        f"{known['nspam']} spam",
        f"{known['nham']} ham",
        f"{known['ntokens']} tokens",
        "counts" if judges else f"counts from {enough} of each kind on",
    )


def _each(files: Iterable[Path], hand_over: Callable[[bytes], None]) -> int:
    """
    Call *hand_over* with each message in *files*, and return their number.

    Raises:
        StackError: When one is refused; the message says how many were accepted before.
    """
    from stack.services.spam import message_files

    count = 0
    try:
        # Shown to a terminal only: a mailbox may hold thousands.
        with click.progressbar(message_files.read(files), file=sys.stderr) as messages:
            for message in messages:
                hand_over(message)
                count += 1
    except StackError as error:
        if not count:
            raise
        before = f"handed over before: {_messages(count)}"
        raise type(error)(f"{error.message}; {before}") from None
    return count


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
