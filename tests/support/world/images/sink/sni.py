"""TLS with the certificate of the name that a client asks for (SNI)."""

import ssl
from pathlib import Path

# What everybody else gets: nobody has signed it.
OTHERWISE = "untrusted"


def context(folder: Path) -> ssl.SSLContext:
    """Serve the certificates in *folder*, each in a file NAME.pem with its key."""
    by_name = {
        file.name.removesuffix(".pem"): _context(file)
        for file in folder.glob("*.pem")
        if "PRIVATE KEY" in file.read_text()
    }

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = by_name.get(name or "", by_name[OTHERWISE])

    by_name[OTHERWISE].sni_callback = choose
    return by_name[OTHERWISE]


def _context(file: Path) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(file)
    return found
