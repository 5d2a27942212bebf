"""What our resolver answers."""

from tests.support.server.project import Project
from tests.support.wait import wait_until


def resolves(project: Project, name: str) -> bool:
    """Tell whether the resolver finds an address for *name*."""
    command = ("drill", "-Q", "A", name, "@127.0.0.1")
    return bool(project.inside("resolver", *command).strip())


def control(project: Project, *command: str) -> str:
    """Give the resolver a *command*: see unbound-control(8)."""
    program = ("unbound-control", "-c", "/live/current/unbound.conf")
    return project.inside("resolver", *program, *command).decode()


def forget(project: Project, zone: str) -> None:
    """Have the resolver remember nothing of a *zone*, neither records nor its key."""
    control(project, "flush_zone", zone)


def zone_key(project: Project, zone: str, server: str) -> str:
    """Return the key of a signed *zone* as its *server* has it: a DNSKEY record."""
    asked = ("drill", "DNSKEY", zone, f"@{server}")

    def look() -> str:
        answer = project.inside("resolver", *asked).decode()
        lines = [line for line in answer.splitlines() if "\tDNSKEY\t257 " in line]
        return " ".join(lines[0].partition(" ;{")[0].split()) if lines else ""

    return wait_until(look, f"the key of {zone}")


def await_health(project: Project) -> None:
    """Wait until Docker finds the resolver healthy: `up --wait` goes by that."""
    wait_until(
        lambda: project.container("resolver").health == "healthy",
        "a healthy resolver in Docker",
        90,
    )
