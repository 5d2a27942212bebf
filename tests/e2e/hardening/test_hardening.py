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
    "reports": set(),
    "report-sender": set(),
    "dkim-sign": set(),
    "dkim-verify": set(),
    "srs": set(),
    "spamassassin": set(),
    "rule-updater": set(),
    "tls-policy": set(),
}
NEVER_ROOT = {
    "resolver": 5008,
    "reports": 5011,
    "report-sender": 5011,
    "dkim-sign": 5006,
    "dkim-verify": 5006,
    "srs": 5014,
    "spamassassin": 5007,
    "rule-updater": 5007,
    "tls-policy": 5012,
}
PUBLISHED = {
    "postfix": {"25/tcp", "465/tcp", "587/tcp"},
    "dovecot": {"143/tcp", "993/tcp"},
    "certs": {"80/tcp"},
}
# The folders of the project that a service may write to.
CHANGED = {
    "stack": {""},
    "certs": {"/var/etc", "/var/tls", "/var/web", "/var/acme", "/var/webroot"},
    "reports": {"/var/reports"},
}
# Folders with secrets, and the services that have them.
SECRETS = {
    "/dkim": {"dkim-sign", "stack"},
    "/tls": {"postfix", "dovecot", "stack", "certs"},
    # And the service web, where it runs: see test_web.py.
    "/var/web": {"stack", "certs"},
    "/relay": {"postfix", "stack"},
    "/srs": {"srs", "stack"},
    "/accounts": {"postfix", "dovecot", "dkim-sign", "stack"},
}
# Folders whose programs root may run on the host: mounted read-only.
PROGRAMS = ("config", "images", "stack", "tools")

# Folders of sockets at which nobody is asked for a password, and who has them. The
# last one's answers decide how mail is protected.
SOCKETS = {
    "report-intake": {"postfix", "reports"},
    "report-mail": {"postfix", "report-sender"},
    "dmarc-results": {"dkim-verify", "report-sender"},
    "tls-results": {"postfix", "report-sender"},
    "sieve": {"postfix", "dovecot"},
    "notices": {"postfix", "certs"},
    "srs": {"postfix", "srs"},
    "tls-policy": {"postfix", "tls-policy"},
}

every_service = pytest.mark.parametrize("service", CAPABILITIES)


@pytest.fixture
def host(server, service) -> dict:
    """Read what the engine grants the container, from `docker inspect`."""
    return server.project.container(service).attrs["HostConfig"]


def test_every_service_is_checked(server):
    """The tests of this file check every container of the project."""
    assert set(server.project.containers()) - SERVICES == set(CAPABILITIES)


@every_service
def test_each_service_has_only_the_capabilities_it_needs(host, service):
    """Each service drops all capabilities, and gets back only those in the list."""
    given = {name.removeprefix("CAP_") for name in host["CapAdd"] or []}

    assert host["CapDrop"] == ["ALL"]
    assert given == CAPABILITIES[service]


@every_service
def test_each_root_file_system_is_read_only_without_new_privileges(host, service):
    """Each container has a read-only root file system and no-new-privileges."""
    assert host["ReadonlyRootfs"] is True
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Privileged"] is False
    assert not any("unconfined" in option for option in host["SecurityOpt"])


@every_service
def test_each_service_has_memory_and_process_limits(host, service):
    """Each container has a limit of memory and of processes."""
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0


def test_keys_and_accounts_are_readable_by_their_reader_only(server):
    """Private keys have mode 600, the accounts and passwords mode 640."""
    listing = server.project.as_root(
        "find var/dkim var/tls var/relay var/srs var/accounts -type f"
        " -printf '%m %P\\n'"
    )
    modes = {name: mode for mode, name in map(str.split, listing.splitlines())}

    assert modes.pop("accounts.db") == "640"
    assert modes.pop("passwords.db") == "640"
    assert modes
    assert set(modes.values()) == {"600"}


@every_service
def test_no_service_has_access_to_the_host(host, server, service):
    """No container has the host's network, processes, devices or Docker socket."""
    mounts = server.project.container(service).attrs["Mounts"]

    assert host["NetworkMode"] != "host"
    assert (host["PidMode"], host["IpcMode"]) == ("", "private")
    assert not host["Devices"]
    assert not any("docker.sock" in mount["Source"] for mount in mounts)


def test_what_parses_the_reports_of_strangers_has_no_network(server):
    """The service that parses other servers' reports is on no network at all."""
    container = server.project.container("reports")

    assert container.attrs["HostConfig"]["NetworkMode"] == "none"
    assert list(server.project.networks("reports")) == ["none"]


@every_service
def test_project_folders_are_mounted_read_only(server, service):
    """
    Each daemon has the project's folders read-only.

    `certs`, which renews certificates, writes those and what names them, and nothing
    else.
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
def test_the_container_stack_can_not_change_programs(server, program):
    """The container `stack` can't change programs and templates of the project."""
    with pytest.raises(CommandError, match="Read-only file system"):
        server.project.as_root(f"touch {program}/new")


def test_the_service_certs_sees_no_other_secret(server):
    """
    The service `certs`, which listens on the internet, sees no account and no DKIM key.
    """
    seen = server.project.inside("certs", "find", "/project", "-xdev", "-type", "f")
    listed = server.project.inside("certs", "ls", "/project", "/project/var").split()

    assert seen == b""
    assert set(listed) == {
        *(b"/project:", b"config", b"var"),
        *(b"/project/var:", b"acme", b"etc", b"tls", b"web"),
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_mounted_only_where_it_is_needed(server, secret):
    """Each folder of secrets is mounted only into the services in the list."""
    seen = {
        service
        for service, container in server.project.containers().items()
        for mount in container.attrs["Mounts"]
        if mount["Source"].endswith((secret, str(server.project.folder)))
    }

    assert seen == SECRETS[secret]


@pytest.mark.parametrize("volume", SOCKETS)
def test_sockets_without_a_login_are_mounted_only_where_they_are_needed(server, volume):
    """Each socket without a login is mounted only into two services."""
    seen = {
        service
        for service, container in server.project.containers().items()
        for mount in container.attrs["Mounts"]
        if mount.get("Name") == f"{server.project.name}_{volume}"
    }

    assert seen == SOCKETS[volume]


@pytest.mark.parametrize("service", NEVER_ROOT)
def test_filters_are_never_root(server, service):
    """The filters and the resolver never run as root, not even at the start."""
    container = server.project.container(service)
    (processes, users) = _users(container)

    assert container.attrs["Config"]["User"].partition(":")[0] == str(
        NEVER_ROOT[service]
    )
    assert processes
    assert users == {str(NEVER_ROOT[service])}


@pytest.mark.parametrize("service", CAPABILITIES)
def test_only_mail_ports_are_published(server, service):
    """Only the mail ports are published, and port 80 of `certs` for ACME."""
    ports = server.project.container(service).ports
    published = {port for port, bindings in ports.items() if bindings}

    assert published == PUBLISHED.get(service, set())


def _users(container) -> tuple[list, set[str]]:
    listing = container.top(ps_args="-eo uid,pid")
    return listing["Processes"], {row[0] for row in listing["Processes"]}


def test_sendmail_in_the_container_submits_nothing(server):
    """
    sendmail(1) in Postfix's container refuses to submit mail, so it bypasses no filter.
    """
    postfix = server.project.container("postfix")

    command = ["timeout", "20", "sendmail", "alice@example.test"]
    status, said = postfix.exec_run(command, user="nobody")

    assert status == 75
    assert b"not allowed to submit mail" in said


@pytest.mark.parametrize("service", ["postfix", "dovecot", "dkim-sign", "spamassassin"])
def test_a_service_without_its_volume_does_not_start(server, service):
    """A service whose data has no persistent volume doesn't start, and says why."""
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

    # It ends before it looks for a configuration.
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
    """Each image has a version of its daemon without known holes."""
    show = ("dpkg-query", "--showformat", "${Version}", "--show", package)
    found = server.project.inside(service, *show).decode()

    server.project.inside(service, "dpkg", "--compare-versions", found, "ge", version)
