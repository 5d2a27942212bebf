"""A copy of the working tree, as a newcomer's clone would be, set up for tests."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.support.harness import worker
from tests.support.harness.subnets import free_networks
from tests.support.server.project import Project
from tests.support.world import World

ROOT = Path(__file__).parents[3]

# Beside the project's own .env and compose.yaml.
SETTINGS = Path("tests", "support", "server", "env")
WORLD = Path("tests", "support", "world", "compose.yaml")

# Files that git has or would add; and for where there is no git, what it wouldn't.
LISTED = ("--cached", "--others", "--exclude-standard")
LEFT_OUT = (".git", "var", ".env", "__pycache__", ".*_cache", "*.egg-info", ".venv")


def run_name(root: Path = ROOT) -> str:
    """Name the runs of the copy at *root*: no other copy has that name."""
    return f"mail-e2e-{hashlib.sha256(bytes(root)).hexdigest()[:8]}"


def project_name() -> str:
    """Name the Compose project: the same in each run, another for each worker."""
    return f"{run_name()}{worker.NAME}"


def new_project(folder: Path, world: World) -> Project:
    """
    Copy the project to the new *folder*, with settings for the tests.

    Args:
        folder: Made here.
        world: What lies around the server.
    """
    copy_checkout(folder)
    settings = (folder / SETTINGS).read_text()
    own = {
        **free_networks(world.subnet),
        "RESOLVER_UPSTREAM": world.dns,
        "PUBLIC_IPV4": world.postfix,
        "PUBLIC_IPV6": world.public_ipv6,
        # As `stack init` would write it before the second start.
        "PUBLISH_ADDRESS_IPV6": world.outsider,
        "COMPOSE_ADDRESS_IPV6": f"[{world.outsider}]",
        "COMPOSE_NETWORK_IPV6": "true",
    }
    lines = [settings, *(f"{key}={value}" for key, value in own.items())]
    (folder / ".env").write_text("\n".join([*lines, ""]))
    world.write(folder)
    (folder / "world" / "env").write_text(_variables(world))
    return Project(
        project_name(),
        folder,
        [
            f"--file={folder / 'compose.yaml'}",
            f"--file={folder / WORLD}",
            f"--env-file={folder / '.env'}",
            f"--env-file={folder / 'world' / 'env'}",
        ],
        f"mailstack/stack:{project_name()}",
    )


def copy_checkout(folder: Path) -> None:
    """Copy what git tracks, or would track if it were added, to the new *folder*."""
    if not (ROOT / ".git").exists():
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        return
    for name in _tracked():
        # A file that was deleted but not yet committed is still listed.
        if (source := ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)


def _variables(world: World) -> str:
    """What the compose.yaml of the world wants to know."""
    wanted = {"IMAGE_TAG": project_name(), **world.variables}
    return "".join(f"{name}={value}\n" for name, value in wanted.items())


def _tracked() -> list[str]:
    listing = subprocess.run(
        [str(shutil.which("git")), "ls-files", "-z", *LISTED],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listing.stdout.split("\0") if name]
