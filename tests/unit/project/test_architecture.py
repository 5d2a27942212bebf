"""Who may import whom, who prints, and what makes the command slow to answer."""

import ast
import os
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import stack

ROOT = Path(stack.__file__).parent

# From the bottom up: a wing imports only from itself and from the lines above its own.
WINGS = [
    "system",
    "accounts",
    "config",
    "certs",
    "services",
    "dns",
    "apply",
    "renewal",
    "cli",
    "__main__",
]

# What a folder may hold, so that it is taken in at a glance.
MOST_ENTRIES = 7

MODULES = sorted(path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)


def dotted(path: Path) -> str:
    """Return the name by which the file *path* is imported; a package's own for it."""
    inside = path.relative_to(ROOT.parent).with_suffix("")
    return ".".join(inside.parts).removesuffix(".__init__")


NAMES = {dotted(path): path for path in MODULES}


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
    names = {name for name in imported(path) if name.split(".")[0] == "stack"}
    return {name if name in NAMES else name.rpartition(".")[0] for name in names} - {
        "stack"
    }


def wing_of(name: str) -> int:
    """Return the number of the wing that the module *name* stands in."""
    return WINGS.index(name.split(".")[1])


def test_each_folder_is_a_wing():
    """What is new gets a place in the order, and what is gone leaves it."""
    assert {name.split(".")[1] for name in NAMES if name != "stack"} == set(WINGS)


@pytest.mark.parametrize("name", NAMES)
def test_a_module_imports_nothing_from_a_higher_wing(name):
    """system ← accounts ← config ← … ← cli: data goes one way."""
    found = imports(NAMES[name])
    if name == "stack":
        assert found == set()
        return

    assert {each for each in found if wing_of(each) > wing_of(name)} == set()


def test_no_module_imports_itself_by_a_detour():
    """Without circles there is an order in which all modules can be read."""
    graph = {name: imports(path) - {name} for name, path in NAMES.items()}

    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"these import each other: {' → '.join(error.args[1])}")
    assert set(order) == set(NAMES)


@pytest.mark.parametrize(
    "folder",
    sorted({path.parent for path in MODULES} - {ROOT}),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_a_folder_is_taken_in_at_a_glance(folder):
    """A folder holds at most seven modules and folders beside its `__init__`."""
    entries = {path.name for path in folder.iterdir() if not path.name.startswith("__")}

    assert len(entries) <= MOST_ENTRIES, sorted(entries)


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

    assert users(*modules, *functions, "os.fork", "os.system", "popen") == {
        "system/processes"
    }


def test_nobody_reads_the_environment():
    """What the stack does depends on .env, not on who runs it from where."""
    assert users("environ", "environb", "getenv", "getenvb") == set()


# What takes long to load, and much memory.
HEAVY = "pydantic sqlalchemy alembic jinja2 cryptography argon2 idna dotenv docker dns"


def said_by(code: str) -> str:
    """Return what *code* prints, in a Python of its own."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_help_loads_nothing_heavy():
    """`--help` and completion answer at once: the rest is imported when used."""
    code = f"import stack.cli, sys; print(*set({HEAVY.split()}) & set(sys.modules))"

    assert said_by(code) == ""


def test_the_service_certs_waits_without_anything_heavy(tmp_path):
    """What a round loads is in a child, and no longer in memory when that has ended."""
    (tmp_path / "config").mkdir()
    code = f"""
import signal, sys
from pathlib import Path
from stack.cli import main
from stack.renewal.acme import certbot_program

def wait(*_):
    print("waits with", *set({HEAVY.split()}) & set(sys.modules))
    sys.exit()

certbot_program.PATH = Path(sys.executable)
signal.sigtimedwait = wait
main(["--project", {str(tmp_path)!r}, "cert", "renew", "--forever"])
"""

    assert said_by(code).splitlines()[-1] == "waits with"
