"""Our domains in the test world's DNS, as `stack dns show` prints them."""

import re

from tests.support.server.project import Project
from tests.support.world.name_servers import name_server
from tests.support.world.zones.records import OURS


def publish(project: Project) -> None:
    """
    Publish what our server asks for now, in the place of what it asked for before.

    Called when the server starts, and again when a domain comes or goes, a name below
    one that may send, or a relay.
    """
    # The name server reads this file when it starts.
    file = project.folder / "world" / OURS
    before = set(re.findall("'(.*)'", file.read_text()))
    wanted = set(_shown(project, _address_of_web(project)))
    changed = {_name(record) for record in wanted ^ before}
    name_server.remove(project, changed)
    name_server.add(project, [each for each in wanted if _name(each) in changed])
    file.write_text("".join(f"local-data: '{each}'\n" for each in sorted(wanted)))


def _shown(project: Project, web: str) -> list[str]:
    """
    Return the lines of the zone, but that nobody may remember them: tests change them.

    Aliases lead to the machine of our server. Here each container has an address of its
    own, and what they are for is at that of the service web.

    There is no TLSA among them: that is for domains that sign their zones, as the
    command says, and nobody signs here. See test_cert_dane.py.
    """
    zone = project.stack("dns", "show", "--format=zone").stdout
    lines = [line for line in zone.splitlines() if line and not line.startswith(";")]
    fields = [line.split(maxsplit=4) for line in lines]
    return [
        f"{name} 0 A {web}" if kind == "CNAME" else f"{name} 0 {kind} {data}"
        for name, _, _, kind, data in fields
        if kind != "TLSA"
    ]


def _address_of_web(project: Project) -> str:
    text = (project.folder / "world" / "env").read_text()
    return next(
        line.partition("=")[2]
        for line in text.splitlines()
        if line.startswith("WORLD_WEB=")
    )


def _name(record: str) -> str:
    return record.partition(" ")[0]
