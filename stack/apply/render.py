"""Renders the templates in config/. Returns texts; changes.py writes them."""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePath
from traceback import extract_tb

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)

from stack.apply import versions
from stack.certs.store import Served
from stack.config.derived import Derived
from stack.config.settings import Settings
from stack.dns.dkim.state import SigningKeys
from stack.services.web.sites import Site
from stack.system import files
from stack.system.errors import InvalidError

SUMS = "SHA256SUMS"
SUFFIX = ".j2"


def render(
    config_dir: Path,
    settings: Settings,
    dkim_keys: Sequence[SigningKeys],
    certificates: Served,
    services: Collection[str] = (),
    sites: Sequence[Site] = (),
) -> dict[str, str]:
    """
    Return the text of every file under var/etc/ by its path there.

    If *services* are named, it is that of their files alone. *sites* are the names that
    the service web answers for.

    The path is the mapping: `config/S/x.j2` becomes `S/x` rendered, any other file
    is taken as it is. A service's IMAGE_SHA256SUMS tells what its image is made of. Its
    SHA256SUMS comes last: a container takes a configuration only when its sums hold, so
    never one that is half written.

    Raises:
        InvalidError: When a template is wrong or names what doesn't exist.
    """
    environment = Environment(
        loader=FileSystemLoader(config_dir),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - not HTML: it would write &gt;=TLSv1.2
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    context = dict(settings) | {
        "derived": Derived(settings),
        "dkim_keys": dkim_keys,
        "certificates": certificates,
        "sites": sites,
    }
    rendered = {}
    for path in _sources(config_dir):
        if services and path.partition("/")[0] not in services:
            continue
        text = _text(config_dir / path)
        if path.endswith(SUFFIX):
            text = _render(environment, path, context)
        rendered[path.removesuffix(SUFFIX)] = text
    rendered |= _images(config_dir.parent, rendered)
    return rendered | _sums(rendered)


def stale(etc: Path, rendered: Mapping[str, str]) -> list[str]:
    """Return the paths in *rendered* whose files in *etc* differ or are missing."""
    return [path for path, text in rendered.items() if files.read(etc / path) != text]


def leftovers(etc: Path, rendered: Mapping[str, str]) -> list[str]:
    """
    Return the paths in *etc* that are not in *rendered*, files before directories.

    The services' own directories stay: a container's mount follows the inode, and
    would go on showing the one that was removed.
    """
    folders = {str(parent) for path in rendered for parent in PurePath(path).parents}
    gone = []
    for path in etc.glob("*/**/*"):
        name = path.relative_to(etc).as_posix()
        is_folder = path.is_dir() and not path.is_symlink()
        if name not in (folders if is_folder else rendered):
            gone.append(name)
    return sorted(gone, reverse=True)


def _sources(config_dir: Path) -> list[str]:
    """List the files of each service, without what editors leave behind."""
    found = (path for path in config_dir.glob("*/**/*") if path.is_file())
    return sorted(
        path.relative_to(config_dir).as_posix()
        for path in found
        if not path.name.startswith(".") and not path.name.endswith("~")
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise InvalidError(f"{path}: is not UTF-8 text: save it as such") from None


def _render(environment: Environment, path: str, context: dict[str, object]) -> str:
    try:
        return environment.get_template(path).render(context)
    except TemplateSyntaxError as error:
        raise _mistake(error.name or path, error.lineno, error) from None
    except TemplateError as error:
        # Jinja has put the template's own lines into the trace.
        trace = [
            f for f in extract_tb(error.__traceback__) if f.filename.endswith(path)
        ]
        raise _mistake(path, trace[-1].lineno if trace else None, error) from None


def _mistake(path: str, line: int | None, error: TemplateError) -> InvalidError:
    place = f"config/{path} line {line}" if line else f"config/{path}"
    return InvalidError(f"{place}: {error.message}: mend the template")


def _images(root: Path, rendered: Mapping[str, str]) -> dict[str, str]:
    """Return for each service what its image should hold, where that is known."""
    found = {
        each: versions.sums(root, each) for each in {p.split("/")[0] for p in rendered}
    }
    return {
        f"{service}/{versions.SUMS}": text for service, text in found.items() if text
    }


def _sums(rendered: Mapping[str, str]) -> dict[str, str]:
    sums: dict[str, str] = {}
    for path, text in sorted(rendered.items()):
        service, _, inner = path.partition("/")
        digest = sha256(text.encode()).hexdigest()
        name = f"{service}/{SUMS}"
        sums[name] = sums.get(name, "") + f"{digest}  {inner}\n"
    return sums
