"""Log in on port 465 of a host; print the answer to AUTH."""

import ssl
import sys

from ..dialogue import Smtp

if __name__ == "__main__":
    # The network names the server: its certificate is not what is tested.
    tls = ssl._create_unverified_context()  # noqa: S323
    with Smtp(sys.argv[1], 465, tls) as session:
        session.ehlo()
        print(session.say(f"AUTH PLAIN {sys.argv[2]}"))
