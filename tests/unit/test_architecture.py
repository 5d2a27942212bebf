"""Who may import whom, who prints, and what makes the command slow to answer."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stack

ROOT = Path(stack.__file__).parent

# From the bottom up: a module imports only from the lines above its own.
LAYERS = [
    {"system"},
    {"accounts"},
    {"config", "spam"},
    {"certs"},
    {"dns"},
    {"apply"},
    {"renewal"},
    {"overview"},
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


def imported(path: Path) -> set[str]:
    """Return the full names of all that the file *path* imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written in full"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def imports(path: Path) -> set[str]:
    """Return the modules of `stack` that the file *path* imports."""
    names = (name.split(".") for name in imported(path))
    found = {rest[0] for top, *rest in names if top == "stack"}
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


def words(path: Path) -> set[str]:
    """Return every name that the code of *path* uses, calls or imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found |= {node.attr, ast.unparse(node)}
    full = imported(path)
    return found | full | {part for name in full for part in name.split(".")}


def users(*names: str) -> set[str]:
    """Return the modules of `stack` that use any of *names*, as paths below it."""
    return {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in MODULES
        if words(path) & set(names)
    }


def test_only_the_command_prints():
    """All other modules return what there is to say."""
    printing = users("print", "echo", "secho", "sys.stdout", "sys.stderr")

    assert printing
    assert {path.partition("/")[0] for path in printing} == {"cli"}


def test_only_one_module_starts_programs():
    """What is run, and with what environment, can be read in one place."""
    modules = ("subprocess", "multiprocessing", "pty", "asyncio")
    functions = [name for name in dir(os) if re.match("exec|spawn|posix_spawn", name)]

    assert users(*modules, *functions, "os.system", "popen") == {"system/processes"}


def test_nobody_reads_the_environment():
    """What the stack does depends on .env, not on who runs it from where."""
    assert users("environ", "environb", "getenv", "getenvb") == set()


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
