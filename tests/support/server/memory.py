"""Processes that the kernel killed for their memory, by container."""

from tests.support.server.project import Project

HOLDERS = ("postfix", "dovecot", "dkim-sign", "dkim-verify", "spamassassin")

EVENTS = "/sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control"


def killed(project: Project) -> dict[str, int]:
    """How often the kernel has killed a process of each container for its memory."""
    said = {
        service: project.inside(service, "sh", "-c", f"cat {EVENTS} 2>&- || true")
        for service in HOLDERS
    }
    return {
        service: int(text.split(b"oom_kill ")[1].split()[0])
        for service, text in said.items()
    }
