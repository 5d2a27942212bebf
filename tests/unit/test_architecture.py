"""Who may import whom, who prints, and what makes the command slow to answer."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import stack

ROOT = Path(stack.__file__).parent

# From the bottom up: a module imports only from the lines above its own.
LAYERS = [
    {"errors"},
    {"addresses", "blocklists", "files", "resolvers"},
    {"values", "models", "passwords", "certs", "relays", "processes", "endpoints"},
    {"letters", "spam", "spamd"},
    {"settings", "project", "handshake", "listings", "dane"},
    {"env", "reference", "dkim", "dns", "database", "logins", "proof"},
    {"render", "ways", "sendas", "preferences"},
    {"aliases"},
    {"accounts"},
    {"plan"},
    {"deployment"},
    {"upkeep"},
    {"cli"},
    {"__main__"},
]

MODULES = sorted(path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)


def layer_of(name: str) -> int:
    """Return the number of the layer that *name* stands in."""
    return next(i for i, layer in enumerate(LAYERS) if name in layer)


def own_name(path: Path) -> str:
    """Return the module's name below `stack`; a package is one module."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Return the modules of `stack` that the file *path* imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "stack":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            top, _, rest = node.module.partition(".")
            found |= {rest.partition(".")[0]} if top == "stack" else set()
    return found - {"__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_imports_only_from_below(path):
    """errors ← settings ← what computes ← cli: no cycles, no way round."""
    if path == ROOT / "__init__.py":
        assert imports(path) == set()
        return
    name = own_name(path)

    wrong = {each for each in imports(path) if layer_of(each) >= layer_of(name)}

    # A package is one module: its files may import each other.
    assert wrong <= {name}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_only_the_command_prints(path):
    """All other modules return what there is to say."""
    if own_name(path) == "cli":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"print", "click.echo", "sys.stdout.write"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_only_one_module_starts_programs(path):
    """What is run, and with what environment, can be read in one place."""
    if own_name(path) == "processes":
        return
    tree = ast.walk(ast.parse(path.read_text()))
    names = {
        a.name for node in tree if isinstance(node, ast.Import) for a in node.names
    }

    assert not names & {"subprocess", "multiprocessing", "pty"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_nobody_reads_the_environment(path):
    """What the stack does depends on .env, not on who runs it from where."""
    text = ast.dump(ast.parse(path.read_text()))

    assert "'environ'" not in text
    assert "'getenv'" not in text


def test_help_loads_nothing_heavy():
    """`--help` and completion answer at once: the rest is imported when used."""
    heavy = (
        "pydantic sqlalchemy alembic jinja2 cryptography argon2 idna dotenv docker dns"
    )
    code = f"import stack.cli, sys; print(*set({heavy.split()}) & set(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == ""
