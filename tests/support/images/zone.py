"""A name server in a dictionary, for what asks through mail_auth.dns.resolver."""

from mail_auth.dns.resolver import Answer, Resolver, UnansweredError


class Zone:
    """
    Answers from records by name and type.

    A text stands for one TXT record, a list for several, a dictionary for records by
    their type, and SILENT for name servers that don't answer.
    """

    SILENT = object()

    def __init__(self, names: dict[str, object]) -> None:
        """Hold *names* (lower case, no last dot)."""
        self.names = names
        self.asked: list[tuple[str, str]] = []

    def ask(self, name: str, kind: str, seconds: float) -> Answer:
        """Answer as mail_auth.dns.resolver.ask does."""
        name = name.rstrip(".")
        self.asked.append((name, kind))
        found = self.names.get(name)
        if found is self.SILENT:
            raise UnansweredError("the name servers did not answer")
        if found is None:
            below = any(each.endswith(f".{name}") for each in self.names)
            return Answer([], exists=below)
        if isinstance(found, dict):
            return Answer(list(found.get(kind, [])))
        texts = [found] if isinstance(found, str | bytes) else found
        plain = [t.encode() if isinstance(t, str) else t for t in texts]
        return Answer(plain if kind == "TXT" else [])

    def resolver(self, seconds: float = 5) -> Resolver:
        """Return what a message's questions go to."""
        return Resolver(seconds, self.ask)
