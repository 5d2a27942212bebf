"""A second server, of a clone of its own, that tools/up.sh starts."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.harness.checkout import copy_checkout, project_name
from tests.support.harness.subnets import free_networks
from tests.support.server.project import Project, clean_environment

PORTS = ("SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS", "HTTP")


def new_clone(folder: Path, name: str) -> Project:
    """
    Make a clone in the new *folder* as with umask 077, with ports in .env.

    Its images are its own: their tag is the name of the Compose project.
    """
    copy_checkout(folder)
    lines = {
        "COMPOSE_PROJECT_NAME": f"{project_name()}-{name}",
        "PUBLISH_ADDRESS": "127.0.0.1",
        **free_networks(),
        **{f"{port}_PORT": "0" for port in PORTS},
    }
    text = "".join(f"{key}={value}\n" for key, value in lines.items())
    (folder / ".env").write_text(text)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    name = lines["COMPOSE_PROJECT_NAME"]
    return Project(name, folder, image=f"mailstack/stack:{name}")


def second_clone(clone: Project, folder: Path) -> Project:
    """
    Make another clone in the new *folder*, which knows nothing of the first.

    To Compose it is the same project: with the same name, ports and networks.
    """
    copy_checkout(folder)
    return Project(
        clone.name,
        folder,
        image=clone.image,
        environment=clean_environment() | variables(clone),
    )


def variables(clone: Project) -> dict[str, str]:
    """What .env of *clone* says to Compose: its name, ports and networks."""
    lines = (clone.folder / ".env").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines)
    return {key: value for key, value in pairs.items() if not key.startswith("MAIL_")}


def run_up(
    project: Project, *command: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run tools/up.sh of *project*, or *command*, with other *variables* of Compose."""
    return subprocess.run(
        command or [str(project.folder / "tools" / "up.sh")],
        env={**project.environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def ids(project: Project) -> Mapping[str, str]:
    """The containers of *project* by service, without the one that ends."""
    found = project.engine.list()
    return {service: found[service] for service in found if service != "stack"}


def marks(project: Project) -> str:
    """The marks in the volumes of *project*, as one text."""
    names = ("mail", "queue", "bayes", "postfix-live", "resolver-live")
    mounts = {
        f"{project.name}_{name}": {"bind": f"/v/{name}", "mode": "ro"} for name in names
    }
    said = project.docker.containers.run(
        project.image,
        ["-c", "cat /v/*/.owner"],
        entrypoint="sh",
        remove=True,
        network_mode="none",
        volumes=mounts,
    )
    return str(said.decode())


@contextmanager
def without_env(project: Project) -> Iterator[None]:
    """Have .env missing for a while."""
    env = project.folder / ".env"
    beside = env.rename(env.with_name("env.lost"))
    try:
        yield
    finally:
        beside.replace(env)
