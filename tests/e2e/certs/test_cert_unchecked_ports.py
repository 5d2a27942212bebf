"""A certificate counts as served only where it was seen: what wasn't asked is named"""

import os
import subprocess
from pathlib import Path

import pytest

from stack.system import endpoints
from tests.support.certs.imported import bundle, certificate, lay
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
def test_a_port_that_could_not_be_asked_proves_nothing(server, certificates):
    """
    Postfix is stopped: `cert import` names its ports, and fails as a check does.

    The certificate is in place, and later `cert check` finds it everywhere.
    """
    project, new = server.project, bundle(certificate())
    (path,) = lay(project, new=new)

    with stopped(project, "postfix"):
        done = project.stack("cert", "import", path, check=False)

    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert {int(line.split()[2]) for line in told} == set(PORTS) - set(IMAP_PORTS)
    assert all("not proven" in line for line in told)
    assert certificates.of()["comes_from"] == "operator"
    assert certificates.everywhere() == {certificates.of()["sha256"]}
    project.stack("cert", "check")


def test_a_server_started_through_a_link_is_found(server, tmp_path):
    """
    Compose notes the name of the folder that it was called in: a symbolic link's.

    From the folder itself and from the link, `stack` finds the same containers.
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
