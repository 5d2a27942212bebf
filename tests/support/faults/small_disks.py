"""Small disks in the place of the volumes, which can be filled."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from docker.errors import NotFound

from tests.support.server.project import Project

QUEUE = "postfix:/var/spool/postfix"
QUEUE_SIZE = "size=200m,nr_inodes=400,mode=0755"

# As images/postfix/Dockerfile makes them: Docker fills no disk that is in memory. What
# lies there is lost when nobody has it mounted. These disks are this server's, as if it
# had marked them.
FOLDERS = """
install -d -o postfix -g postdrop -m 0710 /q/public /q/public/sieve /q/public/notices \\
    /q/public/report-mail
for disk in /q /srv/vmail /var/lib/bayes; do cp /owner $disk/.owner; done
trap exit TERM
sleep infinity & wait
"""

# By service and folder, how each is mounted: see tmpfs(5). The queue has room for the
# largest message and half of it again, but for few files.
SMALL = {
    "postfix": {"/live": "size=4m", "/var/spool/postfix": QUEUE_SIZE},
    "dovecot": {
        "/live": "size=4m",
        "/srv/vmail": "size=16m,mode=0700,uid=5005,gid=5005",
        "/tmp": "size=4m,mode=1777",  # noqa: S108 - in the container
    },
    "dkim-sign": {"/live": "size=4m,uid=5006"},
    "dkim-verify": {"/live": "size=4m,uid=5006"},
    "spamassassin": {
        "/live": "size=4m,uid=5007",
        "/var/lib/bayes": "size=8m,uid=5007,gid=5007",
    },
    "resolver": {"/live": "size=4m,uid=5008"},
    "reports": {"/live": "size=4m,uid=5011"},
    "tls-policy": {
        "/live": "size=4m,uid=5012",
        "/var/lib/tls-policy": "size=4m,uid=5012",
    },
}
STORES = [f"{service}:{folder}" for service, found in SMALL.items() for folder in found]

FILLER = "filler"


def _named(store: str) -> str:
    return f"small-{store.replace(':/', '-').replace('/', '-')}"


def _override() -> str:
    """Return an override file for Compose."""
    lines = ["services:"]
    for service, found in SMALL.items():
        lines += [
            f"  {service}:",
            '    environment: {ALLOW_EPHEMERAL_DATA: "yes"}',
            "    volumes:",
            *(f"      - {_named(f'{service}:{each}')}:{each}" for each in found),
        ]
        if service == "dovecot":
            # It reads there which aliases a message came for.
            lines += [f"      - {_named(QUEUE)}:/queue:ro"]
    lines += ["volumes:"]
    for store in STORES:
        service, _, folder = store.partition(":")
        how = f'type: tmpfs, device: tmpfs, o: "{SMALL[service][folder]}"'
        lines += [f"  {_named(store)}:", f"    driver_opts: {{{how}}}"]
    return "\n".join([*lines, ""])


UP = ("up", "--detach", "--wait")
# Compose gives a container that is made anew the volumes of the one before.
REMOVE = ("rm", "--stop", "--force", *SMALL)


@contextmanager
def small_disks(project: Project) -> Iterator[None]:
    """Have small disks for a while."""
    override = project.folder / "small.yaml"
    override.write_text(_override())
    image = str(project.container("postfix").image.id)
    with ExitStack() as afterwards:
        afterwards.callback(_put_back, project)
        project.compose(*REMOVE)
        project.compose(f"--file={override}", "create", *SMALL)
        keeper = project.docker.containers.run(
            image,
            ["-euc", FOLDERS],
            entrypoint="sh",
            volumes=[
                f"{project.name}_{_named(QUEUE)}:/q",
                *(
                    f"{project.name}_{_named(store)}:{store.partition(':')[2]}"
                    for store in ("dovecot:/srv/vmail", "spamassassin:/var/lib/bayes")
                ),
                f"{project.folder}/var/identity/owner:/owner:ro",
            ],
            detach=True,
        )
        afterwards.callback(keeper.remove, force=True)
        project.compose(f"--file={override}", *UP, *SMALL)
        yield


def _put_back(project: Project) -> None:
    project.compose(*REMOVE)
    for store in STORES:
        with suppress(NotFound):
            project.docker.volumes.get(f"{project.name}_{_named(store)}").remove()
    project.compose(*UP, *SMALL)


@contextmanager
def full(project: Project, service: str, folder: str) -> Iterator[None]:
    """Fill the disk of a *folder* of *service* for a while."""
    fill = f"head -c 1G /dev/zero > {folder}/{FILLER} 2>&- || true"
    project.inside(service, "sh", "-c", fill)
    try:
        yield
    finally:
        project.inside(service, "rm", f"{folder}/{FILLER}")


@contextmanager
def no_more_files(project: Project, service: str, folder: str) -> Iterator[None]:
    """Use up the inodes of a *folder* of *service* for a while."""
    fill = f"mkdir {folder}/{FILLER}; cd {folder}/{FILLER}; seq 1000 | xargs touch"
    project.inside(service, "sh", "-c", f"({fill}) 2>&- || true")
    try:
        yield
    finally:
        project.inside(service, "rm", "-r", f"{folder}/{FILLER}")
