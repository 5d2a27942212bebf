"""
A client that is refused, as it speaks before it is greeted, and asks for a host by SNI.

It prints the fingerprint of the certificate that it is shown.
"""

import ssl
import sys
from hashlib import sha256

from ..trust import Trust
from .smtp_commands import Hasty


def shown(server: str, host: str) -> str:
    """Return the SHA-256 of what *server* shows on port 25 to who asks for *host*."""
    tls = Trust(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.server_name = host
    with Hasty(server, 25) as session:
        session.say("STARTTLS")
        session.encrypt(tls)
        return sha256(session.socket.getpeercert(binary_form=True)).hexdigest()


if __name__ == "__main__":
    print(shown(*sys.argv[1:]))
