"""Ask port 25 of a host to accept a recipient; print the answer to RCPT."""

import sys

from ..dialogue import Smtp

if __name__ == "__main__":
    with Smtp(sys.argv[1], 25) as session:
        session.ehlo()
        session.say("MAIL FROM:<neighbour@outside.test>")
        print(session.say(f"RCPT TO:<{sys.argv[2]}>"))
