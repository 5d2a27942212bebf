"""Each container has only the rights, mounts and ports that it needs."""

import pytest
from docker.errors import ContainerError

from tests.support.server.project import CommandError
from tests.support.world import SERVICES

pytestmark = pytest.mark.core

# Our services, and the capabilities that each of them can't do without.
CAPABILITIES = {
    "stack": {"CHOWN", "DAC_OVERRIDE", "FOWNER"},
    "resolver": set(),
    "certs": {"DAC_OVERRIDE"},
    "postfix": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"},
    "dovecot": {"CHOWN", "DAC_OVERRIDE", "KILL", "SETGID", "SETUID", "SYS_CHROOT"},
    "dkim-sign": set(),
    "dkim-verify": set(),
    "spamassassin": set(),
    "rule-updater": set(),
}
NEVER_ROOT = {
    "resolver": 5008,
    "dkim-sign": 5006,
    "dkim-verify": 5006,
    "spamassassin": 5007,
    "rule-updater": 5007,
}
PUBLISHED = {
    "postfix": {"25/tcp", "465/tcp", "587/tcp"},
    "dovecot": {"143/tcp", "993/tcp"},
    "certs": {"80/tcp"},
}
# What of the project they may change: the operator's own command, and who renews.
CHANGED = {
    "stack": {""},
    "certs": {"/var/etc", "/var/tls", "/var/acme", "/var/webroot"},
}
# What holds private keys, and who may see it.
SECRETS = {
    "/dkim": {"dkim-sign", "stack"},
    "/tls": {"postfix", "dovecot", "stack", "certs"},
    "/relay": {"postfix", "stack"},
    "/accounts": {"postfix", "dovecot", "dkim-sign", "stack"},
}
# What somebody may run as root of this machine: read, and not changed.
PROGRAMS = ("config", "images", "stack", "tools")

# Folders of sockets at which nobody is asked for a password, and who has them.
SOCKETS = {"sieve": {"postfix", "dovecot"}, "notices": {"postfix", "certs"}}

every_service = pytest.mark.parametrize("service", CAPABILITIES)


@pytest.fixture
def host(server, service) -> dict:
    """Read what the engine grants the container, from `docker inspect`."""
    return server.project.container(service).attrs["HostConfig"]


def test_no_service_is_forgotten_here(server):
    """Every container of the project is looked at by the tests of this file."""
    assert set(server.project.containers()) - SERVICES == set(CAPABILITIES)


@every_service
def test_capabilities_are_the_few_that_are_needed(host, service):
    """All are dropped, and only those of the list given back."""
    given = {name.removeprefix("CAP_") for name in host["CapAdd"] or []}

    assert host["CapDrop"] == ["ALL"]
    assert given == CAPABILITIES[service]


@every_service
def test_nothing_can_be_gained_or_changed(host, service):
    """The root file system is read-only, and no program gives more rights."""
    assert host["ReadonlyRootfs"] is True
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Privileged"] is False
    assert not any("unconfined" in option for option in host["SecurityOpt"])


@every_service
def test_no_service_can_eat_the_machine(host, service):
    """Memory and the number of processes have a limit."""
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0


def test_who_is_outside_can_be_told_by_address(server):
    """
    The published ports are on a network without IPv6.

    There the engine would show all IPv6 clients as one, its own gateway.
    """
    edge = server.project.docker.networks.get(f"{server.project.name}_edge")

    assert edge.attrs["EnableIPv6"] is False


def test_private_files_are_private(server):
    """Nobody but their reader sees the keys and the accounts."""
    listing = server.project.as_root(
        "find var/dkim var/tls var/relay var/accounts -type f -printf '%m %P\\n'"
    )
    modes = {name: mode for mode, name in map(str.split, listing.splitlines())}

    assert modes.pop("accounts.db") == "640"
    assert modes.pop("passwords.db") == "640"
    assert modes
    assert set(modes.values()) == {"600"}


@every_service
def test_no_service_sees_the_host(host, server, service):
    """No host network, processes or devices, and no way to the engine."""
    mounts = server.project.container(service).attrs["Mounts"]

    assert host["NetworkMode"] != "host"
    assert (host["PidMode"], host["IpcMode"]) == ("", "private")
    assert not host["Devices"]
    assert not any("docker.sock" in mount["Source"] for mount in mounts)


@every_service
def test_what_is_mounted_from_the_project_is_read_only(server, service):
    """
    No daemon can change its configuration, the keys or the accounts.

    Who renews certificates writes those, what names them, and nothing else.
    """
    mounts = server.project.container(service).attrs["Mounts"]
    folder = str(server.project.folder)

    written = {
        mount["Source"].removeprefix(folder)
        for mount in mounts
        if mount["Type"] == "bind" and mount["RW"]
    }
    assert written == CHANGED.get(service, set())


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_operators_container_cannot_change_programs(server, program):
    """What comes with the project and may be run one day is read-only to it."""
    with pytest.raises(CommandError, match="Read-only file system"):
        server.project.as_root(f"touch {program}/new")


def test_who_renews_certificates_sees_no_other_secret(server):
    """It listens on the internet, and is shown no account and no signing key."""
    seen = server.project.inside("certs", "find", "/project", "-xdev", "-type", "f")
    listed = server.project.inside("certs", "ls", "/project", "/project/var").split()

    assert seen == b""
    assert set(listed) == {
        *(b"/project:", b"config", b"var"),
        *(b"/project/var:", b"acme", b"etc", b"tls"),
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_seen_by_those_who_need_it(server, secret):
    """The folder is mounted into the containers of the list and no other."""
    seen = {
        service
        for service, container in server.project.containers().items()
        for mount in container.attrs["Mounts"]
        if mount["Source"].endswith((secret, str(server.project.folder)))
    }

    assert seen == SECRETS[secret]


@pytest.mark.parametrize("volume", SOCKETS)
def test_who_may_send_without_a_login_is_who_has_the_socket(server, volume):
    """The folder is mounted into the containers of the list and no other."""
    seen = {
        service
        for service, container in server.project.containers().items()
        for mount in container.attrs["Mounts"]
        if mount.get("Name") == f"{server.project.name}_{volume}"
    }

    assert seen == SOCKETS[volume]


@pytest.mark.parametrize("service", NEVER_ROOT)
def test_filters_are_never_root(server, service):
    """Not even at the start, and neither is anything that runs beside them."""
    container = server.project.container(service)
    (processes, users) = _users(container)

    assert container.attrs["Config"]["User"].partition(":")[0] == str(
        NEVER_ROOT[service]
    )
    assert processes
    assert users == {str(NEVER_ROOT[service])}


@pytest.mark.parametrize("service", CAPABILITIES)
def test_only_mail_ports_are_published(server, service):
    """
    What the services say to each other can't be reached from outside.

    Besides mail there is port 80 of certs, where authorities look for a name's owner.
    """
    ports = server.project.container(service).ports
    published = {port for port, bindings in ports.items() if bindings}

    assert published == PUBLISHED.get(service, set())


def _users(container) -> tuple[list, set[str]]:
    listing = container.top(ps_args="-eo uid,pid")
    return listing["Processes"], {row[0] for row in listing["Processes"]}


def test_no_program_inside_bypasses_the_filters(server):
    """sendmail(1) says no at once: without setgid rights it would wait for ever."""
    postfix = server.project.container("postfix")

    command = ["timeout", "20", "sendmail", "alice@example.test"]
    status, said = postfix.exec_run(command, user="nobody")

    assert status == 75
    assert b"not allowed to submit mail" in said


@pytest.mark.parametrize("service", ["postfix", "dovecot", "dkim-sign", "spamassassin"])
def test_data_that_would_die_with_the_container_is_not_taken(server, service):
    """Without a volume the container doesn't start, and says what to do."""
    container = server.project.container(service)
    folder = next(
        value.partition("=")[2]
        for value in container.attrs["Config"]["Env"]
        if value.startswith("PERSISTENT_DATA=")
    )

    with pytest.raises(ContainerError) as refused:
        server.project.docker.containers.run(
            container.image.id,
            environment={"PERSISTENT_DATA": folder},
            tmpfs={folder: ""},
            network_mode="none",
            remove=True,
        )

    # It ends there, before it has so much as looked for a configuration.
    assert b"not on a persistent mount" in refused.value.stderr
    assert b"/config" not in refused.value.stderr
    assert b"ALLOW_EPHEMERAL_DATA=yes" in refused.value.stderr


# Below these, known ways to crash or to smuggle are open.
LEAST = [
    ("postfix", "postfix", "3.10.13"),
    ("dovecot", "dovecot-core", "1:2.4.1+dfsg1-6+deb13u6"),
    ("spamassassin", "spamassassin", "4.0.1"),
]


@pytest.mark.parametrize(("service", "package", "version"), LEAST)
def test_the_daemons_are_new_enough(server, service, package, version):
    """An image holds no version with a hole that its distribution has closed."""
    show = ("dpkg-query", "--showformat", "${Version}", "--show", package)
    found = server.project.inside(service, *show).decode()

    server.project.inside(service, "dpkg", "--compare-versions", found, "ge", version)
