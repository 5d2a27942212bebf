"""Where certbot is. Says so without what runs it: the service certs waits for days."""

from pathlib import Path

# Installed by images/stack/Dockerfile. A certbot of the machine is never used.
PATH = Path("/opt/certbot/bin/certbot")


def is_available() -> bool:
    """Say whether certbot is installed here: it is in the service certs."""
    return PATH.exists()
