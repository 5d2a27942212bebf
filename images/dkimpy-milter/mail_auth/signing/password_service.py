"""Asks in Dovecot's container whether passwords can be looked up now."""

import socket

# access-watch listens here, in Dovecot's container.
_SOCKET = "/run/logins/state"
_TIMEOUT = 5.0


def fault(path: str = _SOCKET) -> str | None:
    """Return why passwords can't be looked up; nothing if they can."""
    try:
        with socket.socket(socket.AF_UNIX) as watch:
            watch.settimeout(_TIMEOUT)
            watch.connect(path)
            answer = watch.recv(512).decode(errors="replace").strip()
    except OSError as error:
        return f"{path}: {error}"
    return None if answer == "ok" else answer or "no answer"
