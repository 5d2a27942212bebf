"""
docs/security.md: what is promised, taken from the tests that hold it.

The name of an end-to-end test and its docstring are a promise. The page is those, so
that nothing can stand there which no test would fail without.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

E2E = Path(__file__).parent / "e2e"

HEAD = """\
<!-- Written by `make docs` from the docstrings in tests/e2e: change those. -->

# What holds, and which test holds it

Each line is one end-to-end test. It runs on the containers that you run, and fails
when what its name says is not so. `make test` runs at least one of each section,
`make test-all` runs them all: see [testing.md](testing.md). [flow.md](flow.md) tells
the same in the order in which a message meets it.

Trusted are the machine, its root user and Docker: who controls those reads all mail.
Nobody else is, neither the internet, nor other containers, nor one user of this server
towards another.
"""


def promises(module: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of each test in *module*."""
    for node in ast.parse(module.read_text()).body:
        # A method of a class would have no place on the page.
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def page() -> str:
    """Return the page, a section for each module in the order of their names."""
    return HEAD + "".join(_section(module) for module in sorted(E2E.glob("test_*.py")))


def _section(module: Path) -> str:
    title = (ast.get_docstring(ast.parse(module.read_text())) or "").splitlines()[0]
    lines = [f"\n## {title.removesuffix('.')}\n\n`tests/e2e/{module.name}`\n\n"]
    for name, docstring in promises(module):
        lines.append(f"- `{name}`\n  {' '.join(docstring.split())}\n")
    return "".join(lines)


if __name__ == "__main__":
    print(page(), end="")
