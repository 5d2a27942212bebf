"""How many users the kernel can have told of new mail at once."""

from pathlib import Path

# For each IMAP session in IDLE Dovecot takes an instance of inotify(7). It serves as
# many sessions (process_limit of its service imap), and more servers run beside it.
ENOUGH = 8192

# The kernel's, the same in a container: shared by all containers' processes of one uid.
LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
NAME = "fs.inotify.max_user_instances"


def state(limit: Path = LIMIT) -> str | None:
    """Return in words what this kernel allows; nothing if it has no inotify."""
    try:
        instances = int(limit.read_text())
    except FileNotFoundError:
        return None
    if instances >= ENOUGH:
        return f"{instances}, enough"
    return (
        f"{instances}: IMAP sessions beyond that hear of new mail up to 30 s late; as"
        f" root, `make engine` raises it, or `sysctl -w {NAME}={ENOUGH}`"
    )
