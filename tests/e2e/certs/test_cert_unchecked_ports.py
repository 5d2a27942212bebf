"""
A port that could not be asked for its certificate is named, and fails the command.
"""

import os
import subprocess
from pathlib import Path

import pytest

from stack.system import endpoints
from tests.support.certs.imported import bundle, certificate, write_files
from tests.support.faults.services import stopped
from tests.support.server.server import IMAP_PORTS, PORTS

# A service of a mail server, and no more of it than Compose's labels and the port.
COMPOSE = """
services:
  postfix:
    image: {image}
    pull_policy: never
    entrypoint: ["sleep", "infinity"]
    stop_grace_period: 0s
    ports: ["127.0.0.1:0:25"]
"""


@pytest.mark.core
def test_import_fails_for_ports_that_can_not_be_checked(server, certificates):
    """
    While Postfix is stopped, `cert import` fails and names its ports as not proven.

    The certificate is in place, and `cert check` finds it everywhere later.
    """
    project, new = server.project, bundle(certificate())
    (path,) = write_files(project, new=new)

    with stopped(project, "postfix"):
        done = project.stack("cert", "import", path, check=False)

    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert {int(line.split()[2]) for line in told} == set(PORTS) - set(IMAP_PORTS)
    assert all("not proven" in line for line in told)
    assert certificates.of()["comes_from"] == "operator"
    assert certificates.served_everywhere() == {certificates.of()["sha256"]}
    project.stack("cert", "check")


def test_containers_started_through_a_symbolic_link_are_found(server, tmp_path):
    """
    Containers that were started through a symbolic link are found from either folder.

    Compose labels them with the folder that it was called in.
    """
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    image = server.project.image
    (real / "compose.yaml").write_text(COMPOSE.format(image=image))

    compose(server, link, "up", "--detach", "--wait")
    try:
        found = [endpoints.find(each) for each in (real, link)]
        (container,) = endpoints.containers(real) or []
    finally:
        compose(server, link, "down")

    assert container.labels[endpoints.FOLDER] == str(link)
    assert [[each.port for each in places] for places in found] == [[25], [25]]
    assert endpoints.find(real) == []


def compose(server, folder: Path, *words: str) -> None:
    """Run `docker compose` in *folder*, as a shell that went there does."""
    name = f"{server.project.name}-linked"
    subprocess.run(
        ["docker", "compose", "--project-name", name, *words],
        cwd=folder,
        env=os.environ | {"PWD": str(folder)},
        check=True,
        capture_output=True,
    )
