"""The rules that are taken away, one at a time: what rules.toml says."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("rules.toml")


@dataclass(frozen=True)
class Rule:
    """A rule of the project, and how it is taken away."""

    name: str
    """The rule, in plain English."""

    file: str
    """Where it stands, below the project's folder."""

    old: str
    """Its text, which the file holds exactly once."""

    new: str
    """What takes its place."""

    tests: tuple[str, ...]
    """Node ids of pytest without parameters, of which at least one must fail."""

    def take_away(self, folder: Path) -> None:
        """
        Take the rule away from the copy of the project in *folder*.

        Raises:
            ValueError: The file doesn't hold the text exactly once.
        """
        path = folder / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} doesn't hold this exactly once: {self.old}")
        path.write_text(text.replace(self.old, self.new))


def load(table: Path = TABLE) -> list[Rule]:
    """Return the rules in *table*, in their order."""
    rows = tomllib.loads(table.read_text())["rule"]
    return [Rule(**row | {"tests": tuple(row["tests"])}) for row in rows]


def named(rules: list[Rule], words: tuple[str, ...]) -> list[Rule]:
    """Return the *rules* whose name or file holds one of *words*; all without words."""
    if not words:
        return rules
    return [
        rule
        for rule in rules
        if any(word.lower() in f"{rule.name} {rule.file}".lower() for word in words)
    ]
