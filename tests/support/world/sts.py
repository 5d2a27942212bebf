"""Domains with MTA-STS policies, and the server that has the policies (RFC 8461)."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.server.project import Project
from tests.support.world.name_servers import name_server

# The mail server `mx.` and the name of each of them has a certificate of an authority,
# and so has the host of its policy, but for those that are named.
DOMAINS = (
    *("right.sts.test", "self-signed.sts.test", "unnamed.sts.test", "plain.sts.test"),
    *("testing.sts.test", "downgraded.sts.test", "unreadable.sts.test"),
    *("kept.sts.test", "slow.sts.test", "misnamed.sts.test"),
)
# An authority has signed its certificate, but for another name.
MISNAMED = "mx.misnamed.sts.test"
_UNSIGNED = ("mx.self-signed.sts.test", "mta-sts.unreadable.sts.test")

FOLDER = Path("world", "policies")


def certified(*others: str) -> list[str]:
    """Return the hosts that have a certificate of an authority, and *others*."""
    hosts = [f"{kind}.{domain}" for domain in DOMAINS for kind in ("mx", "mta-sts")]
    lacking = (*_UNSIGNED, MISNAMED)
    return [*(each for each in hosts if each not in lacking), *others]


@dataclass(frozen=True)
class StsDomain:
    """One of DOMAINS, or another with a certificate for the host of its policy."""

    project: Project
    policies: str
    """The address of the server of policies."""
    name: str

    def serve(self, mode: str = "enforce", mx: Sequence[str] = (), **other) -> None:
        """Have a policy of that *mode* for *mx*, by default for the server it has."""
        names = mx or [f"mx.{self.name}"]
        lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {each}" for each in names)]
        text = "\r\n".join([*lines, "max_age: 604800", ""])
        self.answer(text.encode(), **other)

    def answer(
        self,
        body: bytes,
        status: int = 200,
        headers: dict[str, str] | None = None,
        repeat: int = 1,
        pause: float = 0,
    ) -> None:
        """Have this answered to who asks for the policy."""
        answer = {
            "status": status,
            "headers": {"Content-Type": "text/plain"} | (headers or {}),
            "body": body.hex(),
            "repeat": repeat,
            "pause": pause,
        }
        # Renamed, so that nobody reads half of it.
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(answer))
        new.replace(self._file)

    def withdraw(self) -> None:
        """Have no policy to fetch any more."""
        self._file.unlink(missing_ok=True)

    @contextmanager
    def published(
        self, at: str, id: str = "1", without: Sequence[str] = ()
    ) -> Iterator[None]:
        """
        Have the domain in the DNS for a while, with its mail server *at* an address.

        Args:
            at: An address of the world.
            id: That of the policy.
            without: The kinds of records of the policy that are missing, TXT or A.
        """
        policy = {
            "TXT": f'_mta-sts.{self.name}. 0 TXT "v=STSv1; id={id}"',
            "A": f"mta-sts.{self.name}. 0 A {self.policies}",
        }
        records = [
            f"{self.name}. 0 MX 10 mx.{self.name}.",
            f"mx.{self.name}. 0 A {at}",
            *(record for kind, record in policy.items() if kind not in without),
        ]
        names = {each.partition(" ")[0] for each in records}
        name_server.add(self.project, records)
        try:
            yield
        finally:
            name_server.remove(self.project, names)

    @property
    def _file(self) -> Path:
        return self.project.folder / FOLDER / f"mta-sts.{self.name}.json"
