"""
Whether the command and the images were built from the files in this folder.

A folder that was updated and not built has new templates, and programs that don't know
them. The templates are not what is to be mended then.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

from stack.system import files

# The digests by which a container checks its own programs, for sha256sum(1).
SUMS = "IMAGE_SHA256SUMS"

OTHER = (
    "this stack was made of other files than lie in stack/ here: run `docker compose"
    " build`, or on the machine itself `pip install .`, then the same again"
)

# Services whose image has another name.
IMAGES = {
    "dkim-sign": "dkimpy-milter",
    "dkim-verify": "dkimpy-milter",
    "report-sender": "reports",
}


def is_ours(root: Path) -> bool:
    """Say whether this command was made of the very stack/ in the project at *root*."""
    theirs, ours = root / "stack", Path(__file__).parents[1]
    return not (theirs / "__init__.py").exists() or dict(_modules(theirs)) == dict(
        _modules(ours)
    )


def sums(root: Path, service: str) -> str:
    """
    Return which programs of ours the image of *service* holds, with their digests.

    Nothing where the project at *root* has no Dockerfile for it. Where images/ is not
    to be seen, as by the service certs: what was rendered before.
    """
    context = root / "images"
    if not context.exists():
        return files.read(root / "var" / "etc" / service / SUMS) or ""
    dockerfile = context / IMAGES.get(service, service) / "Dockerfile"
    if not dockerfile.exists():
        return ""
    rows = {
        f"{sha256(source.read_bytes()).hexdigest()}  {target}\n"
        for words in _copies(dockerfile.read_text())
        for source, target in _files(context, words)
    }
    return "".join(sorted(rows))


def _copies(dockerfile: str) -> Iterator[list[str]]:
    """Yield sources and target of what is copied into the last stage."""
    last = dockerfile.rpartition("\nFROM ")[2]
    for line in last.replace("\\\n", " ").splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and not words[1].startswith("--from"):
            yield [each for each in words[1:] if not each.startswith("--")]


def _files(context: Path, words: list[str]) -> Iterator[tuple[Path, PurePosixPath]]:
    *sources, target = words
    for source in (context / each for each in sources):
        for path in source.rglob("*") if source.is_dir() else [source]:
            if path.is_file() and path.parent.name != "__pycache__":
                name = path.relative_to(source) if source.is_dir() else path.name
                yield path, PurePosixPath(target) / name


def _modules(package: Path) -> Iterator[tuple[str, bytes]]:
    for path in package.rglob("*.py"):
        yield str(path.relative_to(package)), path.read_bytes()
