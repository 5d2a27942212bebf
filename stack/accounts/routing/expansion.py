"""Alias expansion: no loops, and no more addresses than Postfix follows."""

from graphlib import CycleError, TopologicalSorter

from sqlalchemy.orm import Session

from stack.accounts.routing.graph import Routing
from stack.system.errors import StackError

# What main.cf tells Postfix. Past either limit it defers the mail of every sender
# (virtual_alias_expansion_limit and virtual_alias_recursion_limit in postconf(5)).
MOST_ADDRESSES = 10_000
MOST_STEPS = 1_000

# The remedy for a loop where the command adds no alias.
REMEDY_WITHOUT_ALIAS = "first take one of these aliases away, with `stack alias remove`"


def refuse_endless(session: Session, remedy: str = "choose another target") -> None:
    """
    Refuse aliases that lead in a loop, or further than Postfix follows.

    *remedy* says in the message what to do against a loop.

    Raises:
        StackError: When one leads in a loop, to more than MOST_ADDRESSES addresses,
            or over more than MOST_STEPS aliases.
    """
    routing = Routing(session)
    graph = routing.graph()
    addresses: dict[str, int] = {}
    steps: dict[str, int] = {}
    for source in _ends_first(graph, remedy):
        onward = graph[source]
        # Postfix counts duplicates before it drops them.
        own = len(routing.aliases[source]) - len(onward)
        addresses[source] = own + sum(addresses[each] for each in onward)
        steps[source] = 1 + max((steps[each] for each in onward), default=0)
        _refuse_far(source, addresses[source], steps[source])


def _ends_first(graph: dict[str, list[str]], remedy: str) -> list[str]:
    """Return the sources in topological order: each after those that it leads to."""
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        loop = " → ".join(reversed(error.args[1]))
        raise StackError(f"the aliases {loop} form a loop: {remedy}") from None


def _refuse_far(source: str, addresses: int, steps: int) -> None:
    if addresses > MOST_ADDRESSES:
        raise StackError(
            f"alias {source} leads to {addresses:,} addresses, Postfix follows"
            f" {MOST_ADDRESSES:,} at most: divide it into several that people write to"
            " one by one, or use a program for mailing lists"
        )
    if steps > MOST_STEPS:
        raise StackError(
            f"alias {source} leads over {steps:,} aliases to its end, Postfix follows"
            f" {MOST_STEPS:,} at most: let it lead to the end directly"
        )
