"""
Ask postscreen for a host by SNI, as a client that talks before the greeting.

It prints the fingerprint of the certificate that it gets.
"""

import ssl
import sys
from hashlib import sha256

from ..trust import Trust
from .smtp_commands import EarlyTalker


def shown(server: str, host: str) -> str:
    """Return the SHA-256 of the certificate that port 25 serves for *host*."""
    tls = Trust(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.server_name = host
    with EarlyTalker(server, 25) as session:
        session.say("STARTTLS")
        session.encrypt(tls)
        return sha256(session.socket.getpeercert(binary_form=True)).hexdigest()


if __name__ == "__main__":
    print(shown(*sys.argv[1:]))
