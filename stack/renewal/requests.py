"""Which certificates come from an authority, and what it has issued for them so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from stack.certs import store
from stack.certs.bundle import Bundle
from stack.certs.store import Stored
from stack.renewal.acme import lineages
from stack.renewal.state.state_file import State
from stack.system.errors import StackError
from stack.system.project import Project


@dataclass(frozen=True)
class Wish:
    """A certificate to have."""

    name: str
    hosts: tuple[str, ...]
    rsa: bool = False
    """Whether an RSA one is to be beside it."""

    @property
    def beside(self) -> str:
        """The lineage of the RSA one."""
        return f"{self.name}.rsa"


def named(hosts: Sequence[str], *, rsa: bool) -> Wish:
    """Return the wish for *hosts*, called by the first of them."""
    return Wish(hosts[0].removeprefix("*."), tuple(dict.fromkeys(hosts)), rsa)


def known(project: Project, state: State) -> list[Wish]:
    """Return the wishes that an authority has fulfilled before."""
    served = store.sound(project.tls)
    found = []
    for name in sorted({*served, *state.certificates}):
        newest = lineages.latest(project.acme, name)
        if newest and _comes_from_authority(project, state, served.get(name), name):
            wish = Wish(name, newest.names)
            rsa = lineages.latest(project.acme, wish.beside) is not None
            found.append(Wish(name, newest.names, rsa))
    return found


def newest(project: Project, wish: Wish) -> dict[str, Bundle | None]:
    """
    Return the newest that was issued for *wish*, by its file in var/tls.

    Raises:
        StackError: When one is missing.
    """
    main, beside = store.files_of(wish.name)
    found: dict[str, Bundle | None] = {main: _latest(project, wish.name), beside: None}
    if wish.rsa:
        found[beside] = _latest(project, wish.beside)
    return found


def waiting(project: Project, wish: Wish) -> list[Bundle]:
    """Return what was issued for *wish* with a key that is not served yet."""
    stored = store.sound(project.tls).get(wish.name)
    served = {each.key_digest for each in stored.bundles.values()} if stored else set()
    issued = newest(project, wish).values()
    return [each for each in issued if each and each.key_digest not in served]


def _latest(project: Project, lineage: str) -> Bundle:
    found = lineages.latest(project.acme, lineage)
    if found is None:
        raise StackError(
            f"{lineage}: there is no certificate in {lineages.folder(project.acme)}:"
            " see var/acme/logs, then `stack cert issue` again"
        )
    return found


def _comes_from_authority(
    project: Project, state: State, stored: Stored | None, name: str
) -> bool:
    """Say so also where nothing is remembered, but what is served was issued to us."""
    source = state.certificates[name].comes_from if name in state.certificates else None
    if source or not stored:
        return source == "authority"
    path = lineages.certificate_file(project.acme, name, stored.main.fingerprint)
    return path is not None
