"""Keys and passwords are in no image and in no environment variable."""

import pytest

pytestmark = pytest.mark.core

# Both searches must find this file, which shows that they work.
PLANTED = "/keys/planted.key"
PLANT_KEY = f"mkdir -p /keys; echo PRIVATE KEY > {PLANTED}\n"
IMAGES = [
    *("stack", "certs", "postfix", "dovecot", "dkim-sign", "spamassassin", "reports")
]
# All that a container of ours is told by its environment.
VARIABLES = {
    "PATH",
    "ALLOW_EPHEMERAL_DATA",
    "PERSISTENT_DATA",
    "PROGRAM",
    "STORES",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "MAIL_CONFIG",
    "WORKS_WITHIN",
}
# Without the test keys of Debian's python3-dkim, which are public.
FIND_KEYS = r"""
find / -xdev -type f -size -64k \( -name '*.key' -o -name '*.pem' -o -name '.env' \
    -o -name 'accounts.db' \) -not -path '/usr/share/*' \
    -not -path '*/dkim/tests/data/*' \
    -exec grep -lE 'PRIVATE KEY|SQLite' {} +
find / -xdev -type d \( -path '/project/var' -o -path '/tls' -o -path '/keys' \) \
    -exec find {} -type f ';'
"""


@pytest.mark.parametrize("service", IMAGES)
def test_no_image_holds_a_key(server, service):
    """No image holds a key or the accounts: all are made when the server starts."""
    project = server.project

    found = project.docker.containers.run(
        project.container(service).image.id,
        ["-c", f"{PLANT_KEY}{FIND_KEYS} true"],
        entrypoint="sh",
        user="0",
        remove=True,
        network_mode="none",
    )

    assert found.decode().splitlines() == [PLANTED, PLANTED]


@pytest.mark.parametrize("service", IMAGES)
def test_no_environment_holds_a_secret(server, service):
    """The environment of each container holds only known paths and switches."""
    given = server.project.container(service).attrs["Config"]["Env"]

    assert {line.partition("=")[0] for line in given} <= VARIABLES
