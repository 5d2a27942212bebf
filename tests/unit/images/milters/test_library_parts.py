"""A program that goes by a library's inside doesn't start when that has changed."""

import ast
import inspect
import os
import re
import subprocess
import sys
import types
from importlib import metadata

import dkim
import pytest
from mail_auth.dkim import dkimpy_patches
from mail_auth.service.library_parts import DKIMPY, DKIMPY_MILTER, PYSPF
from milter_runtime.library_parts import LibraryError, require_parts
from milter_runtime.pymilter_parts import PYMILTER

from tests.support.places import IMAGES

# Both can be had without libmilter, so that they are here as they are in the image.
PARTS = [(library, part) for library in (DKIMPY, PYSPF) for part in library.parts]


def refused(library):
    """Return why *library* is not what we need."""
    with pytest.raises(LibraryError) as raised:
        require_parts(library)
    return str(raised.value)


def in_another_module(function):
    """Return *function* as if it had been written in dkim.signer."""
    moved = types.FunctionType(function.__code__, vars(dkim))
    moved.__module__ = "dkim.signer"
    return moved


@pytest.mark.parametrize("library", [DKIMPY, PYSPF], ids=lambda each: each.name)
def test_the_library_that_we_use_is_as_we_need_it(library):
    """The version that the tests run with has every part, and uses it."""
    require_parts(library)


@pytest.mark.parametrize(("library", "part"), PARTS, ids=lambda each: each.name)
def test_a_part_that_is_gone_is_named(library, part, monkeypatch):
    """One line names the part, the library's version and ours, and what to do."""
    name = part.name.replace(":", ".")
    monkeypatch.delattr(name)

    said = refused(library)

    # The place of a class's own __init__ is taken by object's, which is no function.
    assert re.search(rf"{re.escape(name)} is (missing|no function)", said)
    here = metadata.version(library.name)
    assert said.startswith(f"not starting: {library.name} {here} is not as ")
    assert f"go back to the image with {library.name} {library.version}, or" in said
    assert said.endswith(f"adapt {library.needed_by}")
    assert "\n" not in said


@pytest.mark.parametrize(
    "library", [DKIMPY_MILTER, PYMILTER], ids=lambda each: each.name
)
def test_a_library_that_is_not_there_is_named(library, monkeypatch):
    """Its version can't be told, all else is."""
    for part in library.parts:
        monkeypatch.setitem(sys.modules, part.name.partition(":")[0], None)

    name = library.parts[0].name.replace(":", ".")
    assert f"{name} is missing" in refused(library)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (lambda message, policy: None, "takes (message policy), not (message)"),
        (b"no function", "takes (nothing), not (message)"),
        (max, "takes (nobody knows what), not (message)"),
    ],
)
def test_a_function_that_is_called_in_another_way_is_not_replaced(
    changed, fault, monkeypatch
):
    """Ours would be called with what it doesn't take, on the first message."""
    monkeypatch.setattr(dkim, "rfc822_parse", changed)

    assert f"dkim.rfc822_parse {fault}" in refused(DKIMPY)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (in_another_module(dkim.DomainSigner.set_message), "is now in dkim.signer"),
        (lambda self, message: None, "doesn't use rfc822_parse"),
        (max, "is no function"),
    ],
)
def test_a_function_that_would_not_find_our_part_is_named(changed, fault, monkeypatch):
    """A name that is still there, and that nobody looks up, replaces nothing."""
    monkeypatch.setattr(dkim.DomainSigner, "set_message", changed)

    assert f"dkim.DomainSigner.set_message {fault}" in refused(DKIMPY)


def test_each_replaced_part_of_dkimpy_is_required():
    """Each name that dkimpy_patches.apply gives a new value is among the parts."""
    [function] = ast.parse(inspect.getsource(dkimpy_patches.apply)).body
    replaced = {
        ast.unparse(target)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
    }

    parts = [f".{part.name.replace(':', '.')}" for part in DKIMPY.parts]
    assert replaced
    assert [
        name for name in replaced if not any(p.endswith(f".{name}") for p in parts)
    ] == []


def test_the_milter_says_in_one_line_what_a_library_lacks():
    """It says so before it imports what goes by the library."""
    lacking = "import dkim, runpy; del dkim.rfc822_parse, dkim.evaluate_pk;"
    start = "runpy.run_module('mail_auth', run_name='__main__')"
    path = f"{IMAGES / 'milters'}:{IMAGES / 'dkimpy-milter'}"

    done = subprocess.run(
        [sys.executable, "-c", lacking + start, "--check", "/no/such.conf"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "dkim.rfc822_parse is missing, dkim.evaluate_pk is missing;" in line
