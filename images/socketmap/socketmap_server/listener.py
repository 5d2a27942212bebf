"""The UNIX socket on which Postfix asks."""

import socket
from pathlib import Path


def unix_listener(path: Path) -> socket.socket:
    """
    Return a socket that listens on *path*, in place of one that a kill left there.

    Everybody may connect: who does is decided by who has the folder, a volume.

    Raises:
        OSError: The socket can't be made there.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Made beside it and renamed, so that nobody finds one on which nobody listens yet.
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        listening.bind(str(new))
        new.chmod(0o666)
        listening.listen(100)
        new.replace(path)
    except OSError:
        listening.close()
        raise
    return listening
