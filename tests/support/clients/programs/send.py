"""Send a message to a port on loopback; print the last answer."""

import sys

from ..dialogue import Smtp

if __name__ == "__main__":
    with Smtp("127.0.0.1", int(sys.argv[1])) as session:
        session.ehlo()
        letter = b"From: a@outside.test\n\nHello.\n"
        print(session.deliver(letter, "a@outside.test", ["alice@example.test"]))
