"""A list of settings, each for one domain."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from stack.config.types.text import items


class _OfDomain(Protocol):
    @property
    def domain(self) -> str: ...


Item = TypeVar("Item", bound=_OfDomain)


def by_domain(text: str, of: Callable[[str], Item]) -> tuple[Item, ...]:
    """
    Return the items of *text*, separated by commas, each read by *of*.

    Raises:
        ValueError: When *of* refuses one, or a domain is there twice.
    """
    found: dict[str, Item] = {}
    for each in map(of, items(text)):
        if each.domain in found:
            raise ValueError(
                f"must name each domain once: {each.domain} is there twice"
            )
        found[each.domain] = each
    return tuple(found.values())
