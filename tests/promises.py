"""
docs/security.md: a table of what is promised, and the test file that holds it.

The promise is the first paragraph of a test file's docstring. So nothing can stand in
the table without tests, and no test file is left out of it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

E2E = Path(__file__).parent / "e2e"

HEAD = """\
<!-- Written by `make docs` from the docstrings of the files in tests/e2e. -->

# What is promised, and which tests hold it

Each row is a file of end-to-end tests, which run on real containers. The docstring of
each test in it says what that test shows. `make test` runs at least one test of each
file, `make test-all` runs all of them: see [testing.md](testing.md).

The machine, its root user and Docker are trusted: whoever controls one of them can
read all mail. Nobody else is trusted: no client on the internet, no other container on
the machine, and no user of the server towards another.

| Promise | Tests |
|---|---|
"""


def modules() -> list[Path]:
    """Return all files of end-to-end tests, in any folder, in the order of rows."""
    return sorted(E2E.rglob("test_*.py"))


def promise(module: Path) -> str:
    """Return the first paragraph of the docstring of *module* as one line, or ""."""
    docstring = ast.get_docstring(ast.parse(module.read_text())) or ""
    return " ".join(docstring.partition("\n\n")[0].split())


def functions(module: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of each test in *module*."""
    for node in ast.parse(module.read_text()).body:
        # Tests are functions: a method of a class is none.
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def page() -> str:
    """Return docs/security.md."""
    return HEAD + "".join(_row(module) for module in modules())


def _row(module: Path) -> str:
    path = module.relative_to(E2E).as_posix()
    return f"| {promise(module)} | [{path}](../tests/e2e/{path}) |\n"


if __name__ == "__main__":
    print(page(), end="")
