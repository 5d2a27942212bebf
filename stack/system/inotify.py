"""Checks the kernel's limit for inotify: how many IMAP sessions hear of new mail."""

from pathlib import Path

# Dovecot takes an instance of inotify(7) for each IMAP session in IDLE. Its service
# imap has as many processes at most (process_limit), and other servers need some, too.
ENOUGH = 8192

# The kernel's limit for a uid, across all containers.
LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
NAME = "fs.inotify.max_user_instances"


def state(limit: Path = LIMIT) -> str | None:
    """Return the limit of this kernel in words; None if it has no inotify."""
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
