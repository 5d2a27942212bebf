"""A machine without IPv6, as the containers see it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EAFNOSUPPORT
from pathlib import Path
from socket import AF_INET6

from tests.support.configuration.templates import settings
from tests.support.server.project import Project

# All that listen or connect; clamav runs only where an operator wants it.
SERVICES = (
    *("postfix", "dovecot", "dkim-sign", "dkim-verify", "spamassassin"),
    *("resolver", "rule-updater", "certs", "report-sender", "tls-policy"),
)

# What socket(2) says where the kernel was built without it, or started with
# ipv6.disable=1: see seccomp(2), and Docker's profiles for it.
NO_FAMILY = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
        {
            "names": ["socket"],
            "action": "SCMP_ACT_ERRNO",
            "errnoRet": EAFNOSUPPORT,
            "args": [{"index": 0, "value": AF_INET6, "op": "SCMP_CMP_EQ"}],
        }
    ],
}


def _not_in_the_kernel(folder: Path) -> str:
    (folder / "no-ipv6.json").write_text(json.dumps(NO_FAMILY))
    return f'security_opt: ["seccomp={folder}/no-ipv6.json"]'


def _switched_off(_: Path) -> str:
    return 'sysctls: {net.ipv6.conf.all.disable_ipv6: "1"}'


METHODS: dict[str, Callable[[Path], str]] = {
    "not in the kernel": _not_in_the_kernel,
    "switched off": _switched_off,
}


@contextmanager
def without_ipv6(project: Project, way: str) -> Iterator[None]:
    """Have all of our containers without IPv6 by one of the METHODS, for a while."""
    override = project.folder / "no-ipv6.yaml"
    option = METHODS[way](project.folder)
    lines = [line for name in SERVICES for line in (f"  {name}:", f"    {option}")]
    override.write_text("\n".join(["services:", *lines, ""]))
    up = ("up", "--detach", "--wait", "--wait-timeout=180", *SERVICES)
    try:
        # As where `make up` has seen that there is none.
        with settings(project, IPV6_SEEN="none"):
            project.stack("init", "--yes", "--only-env")
            project.compose(f"--file={override}", *up)
            yield
    finally:
        project.compose(*up)
        override.unlink()
