"""Text out of certificates and paths, made fit to stand in a message."""

from cryptography import x509

from stack.certs.bundle import common_name, names


def shown(text: str, most: int = 100) -> str:
    """Return *text*, which may come from a stranger, printable and cut to *most*."""
    text = text if len(text) <= most else f"{text[:most]}…"
    return text if text.isprintable() else repr(text)[1:-1]


def subject(certificate: x509.Certificate) -> str:
    """Return a name by which people know *certificate*."""
    named = [common_name(certificate.subject), *names(certificate), "no name"]
    return shown(next(filter(None, named)))
