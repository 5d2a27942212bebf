"""The processes of the spam filter: which there are, and signals to them."""

# Prints the process ids of spamd: first the parent's, then its children's.
LISTED = """
for each in /proc/[0-9]*; do
    read -r name < $each/comm && [ "$name" = "$0" ] && echo "${each#/proc/}"
done 2>&- || true
"""

# The same for those of its processes that run just now: see proc_pid_stat(5).
RUNNING = """
for each in /proc/[0-9]*; do
    grep -q "^[0-9]* ($0) R " $each/stat && echo "${each#/proc/}"
done 2>&- || true
"""

# Sends a signal to each process; it fails if one is there that can't be sent it.
SIGNAL = """
for each; do
    kill -s $0 $each 2>&- || [ ! -e /proc/$each ] || exit 1
done
"""


def spamd(project, name: str) -> list[str]:
    """The process ids of spamd in the container: `spamd` or its `spamd child`ren."""
    return project.inside("spamassassin", "sh", "-c", LISTED, name).decode().split()


def at_work(project) -> set[str]:
    """The process ids of those children of spamd that do something just now."""
    script = ("sh", "-c", RUNNING, "spamd child")
    return set(project.inside("spamassassin", *script).decode().split())


def signal(project, number: str, *pids: str) -> None:
    """Send a signal to processes of the filter's container, those that are left."""
    project.inside("spamassassin", "sh", "-c", SIGNAL, number, *pids)
