"""
Measures what it costs to find out who a message is from: SPF, DKIM, DMARC and ARC.

Run by `make bench`, on a copy of the project that is removed afterwards.
"""

import statistics
from time import monotonic

import dkim

from tests.bench.figures import NAMES_KEPT, bench_project, show
from tests.bench.letters import LETTERS
from tests.bench.measures.cpu import cpu_seconds
from tests.bench.measures.memory import anonymous_mebibytes
from tests.bench.measures.milter_client import MilterClient
from tests.support.harness.subnets import free_subnet
from tests.support.mail.message import crlf
from tests.support.world import OUTSIDE, SELECTOR, World

PORT = 8892
MESSAGES = 500


def signed(message: bytes, world: World) -> bytes:
    """Return *message* with a signature of RSA-2048, with LF at the ends of lines."""
    domain, selector = OUTSIDE.encode(), SELECTOR.encode()
    whole = crlf(message)
    signature = dkim.sign(whole, selector, domain, world.private_key)
    return (bytes(signature) + whole).replace(b"\r\n", b"\n")


def seconds_each(client: MilterClient, message: bytes) -> list[float]:
    """Have *message* judged many times, and tell how long each took."""
    took = []
    for _ in range(MESSAGES):
        began = monotonic()
        client.deliver(message)
        took.append(monotonic() - began)
    return took


def main() -> None:
    """Measure one message after the other, each with names that were asked before."""
    world = World(free_subnet(), NAMES_KEPT)
    with bench_project(world) as project:
        up = ("up", "--build", "--detach", "--wait", "dns", "resolver", "dkim-verify")
        project.compose(*up)
        verifier = project.container("dkim-verify")
        show("idle memory of the verifier", anonymous_mebibytes(verifier), "MiB")
        address = project.networks("dkim-verify")[f"{project.name}_filter"]["IPAddress"]
        client = MilterClient(address, PORT)
        for name, message in LETTERS.items():
            letter = signed(message, world)
            client.deliver(letter)
            before = cpu_seconds(verifier)
            took = seconds_each(client, letter)
            used = (cpu_seconds(verifier) - before) / MESSAGES
            show(f"who sent it, {name}: CPU time", 1000 * used, "ms")
            show(
                "… from MAIL FROM to the verdict", 1000 * statistics.median(took), "ms"
            )
        client.close()


if __name__ == "__main__":
    main()
