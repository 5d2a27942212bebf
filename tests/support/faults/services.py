"""Faults of services: killed, stopped, paused, slow, and others."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from docker.errors import APIError
from docker.models.containers import Container

from tests.support.server.project import Project
from tests.support.wait import wait_until

# Postfix logs this while the filter restarts.
WHILE_RESTARTING = r"[Mm]ilter service|host or service .* not found|spamassassin:8893"

# Seconds that a hesitant service works before it stands still again.
_AWAKE = 0.2


def kill(project: Project, service: str) -> None:
    """
    Kill the first process of *service* by SIGKILL, as the kernel does out of memory.

    From outside of the container: inside, no signal kills the first process, and what
    `docker kill` stops, Docker leaves stopped.
    """
    pid = project.container(service).attrs["State"]["Pid"]
    project.docker.containers.run(
        project.image,
        ["-c", f"import os; os.kill({pid}, 9)"],
        entrypoint="python3",
        remove=True,
        pid_mode="host",
        privileged=True,
        network_mode="none",
    )


@contextmanager
def stopped(project: Project, service: str) -> Iterator[None]:
    """Have *service* stopped, and afterwards healthy again."""
    container = project.container(service)
    container.stop(timeout=10)
    try:
        yield
    finally:
        container.start()
        project.wait_for("healthy", service)


@contextmanager
def paused(project: Project, service: str) -> Iterator[None]:
    """Have *service* paused for a while, so that it hangs."""
    container = project.container(service)
    wait_until(lambda: _is_frozen(container), f"{service} paused")
    try:
        yield
    finally:
        container.unpause()


def _is_frozen(container: Container) -> bool:
    try:
        container.pause()
    except APIError as error:
        # The kernel could not stop all processes at once: a new one began meanwhile.
        if "unable to freeze" not in str(error):
            raise
        return False
    return True


@contextmanager
def hesitant(project: Project, service: str, seconds: float) -> Iterator[None]:
    """
    Have *service* stand still, and wake for a moment every so many *seconds*.

    So it answers, but late. When this begins, it stands still.
    """
    container, is_over = project.container(service), Event()

    def wake_and_stand() -> None:
        while not is_over.wait(seconds):
            container.unpause()
            is_over.wait(_AWAKE)
            wait_until(lambda: _is_frozen(container), f"{service} paused")

    with paused(project, service), ThreadPoolExecutor(1) as other:
        waking = other.submit(wake_and_stand)
        try:
            yield
        finally:
            is_over.set()
            waking.result()


@contextmanager
def slow(project: Project, service: str) -> Iterator[None]:
    """Limit *service* to a tenth of one core for a while."""
    container = project.container(service)
    container.update(cpu_period=100_000, cpu_quota=10_000)
    try:
        yield
    finally:
        container.update(cpu_quota=-1)


@contextmanager
def ignoring_certificates(project: Project, service: str) -> Iterator[None]:
    """Keep *service* from noticing new certificates for a while."""
    signal = (
        "for each in /proc/[0-9]*; do"
        " if tr '\\0' ' ' < $each/cmdline | grep -q '^/bin/bash [^ ]*/watch-config';"
        " then kill -$0 ${each#/proc/}; fi; done"
    )
    project.inside(service, "sh", "-c", signal, "STOP")
    try:
        yield
    finally:
        project.inside(service, "sh", "-c", signal, "CONT")


@contextmanager
def moved(project: Project, file: str) -> Iterator[None]:
    """Have a *file* of the project's folder missing for a while."""
    project.as_root(f"mv {file} {file}.away")
    try:
        yield
    finally:
        project.as_root(f"mv {file}.away {file}")


@contextmanager
def outside_deferring(project: Project) -> Iterator[None]:
    """Have the other mail server defer all mail with 450 for a while."""
    putting_off = ("postconf", "smtpd_client_restrictions=defer")
    project.inside("outside", *putting_off)
    project.inside("outside", "postfix", "reload")
    try:
        yield
    finally:
        project.inside("outside", "postconf", "-X", "smtpd_client_restrictions")
        project.inside("outside", "postfix", "reload")
