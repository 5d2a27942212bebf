"""A container beside ours logs in on port 465; it prints the answer to AUTH."""

import ssl
import sys

from ..dialogue import Smtp

if __name__ == "__main__":
    # Whom it speaks to it knows by the network.
    tls = ssl._create_unverified_context()  # noqa: S323
    with Smtp(sys.argv[1], 465, tls) as session:
        session.ehlo()
        print(session.say(f"AUTH PLAIN {sys.argv[2]}"))
