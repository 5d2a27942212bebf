"""Filters, LMTP and logins are reachable only by the services that use them."""

import json

import pytest

from tests.support.clients.container import run_in_container
from tests.support.clients.dialogue import Connection
from tests.support.server.project import ADDRESS
from tests.support.server.server import PORTS, TLS_FROM_THE_START

pytestmark = pytest.mark.core

# All that listens on an address other than its container's own loopback.
LISTENING = {
    "resolver": {53},
    "postfix": {25, 465, 587},
    "dovecot": {143, 993},
    "reports": set(),
    "report-sender": set(),
    "dkim-sign": {8891},
    "dkim-verify": {8892},
    "srs": set(),
    "spamassassin": {8893},
    "rule-updater": set(),
    "tls-policy": set(),
    # Port 80, too, but only while an authority is asked for a certificate.
    "certs": set(),
}
# Services on several networks, and the network of their clients.
CLIENTS = {"dkim-verify": "filter", "spamassassin": "filter", "resolver": "names"}
FILTERS = ("dkim-sign", "dkim-verify", "spamassassin")
INTERNAL = [(name, *LISTENING[name]) for name in FILTERS]


@pytest.mark.parametrize("service", LISTENING)
def test_only_the_needed_ports_listen(server, service):
    """
    Each service listens on the ports in the list, and on no other.

    LMTP, logins, spamd and doveadm use sockets in files.
    """
    sockets = server.project.inside(
        service, "cat", "/proc/net/tcp", "/proc/net/tcp6"
    ).decode()
    rows = [line.split() for line in sockets.splitlines() if ":" in line]
    listening = {row[1] for row in rows if row[3] == "0A"}

    # In hexadecimal and in the machine's order: 127.0.0.0/8 ends in 7F.
    reachable = {
        each for each in listening if not each.partition(":")[0].endswith("7F")
    }

    ports = {int(each.rpartition(":")[2], 16) for each in reachable}
    assert ports == LISTENING[service]


@pytest.mark.parametrize(("service", "network"), CLIENTS.items())
def test_a_service_listens_only_on_the_network_of_its_clients(server, service, network):
    """A service on several networks listens only on the one where its clients are."""
    project = server.project

    def listening() -> set[str]:
        lines = project.inside(service, "cat", "/proc/net/tcp").decode().splitlines()
        rows = [line.split() for line in lines if ":" in line]
        places = {row[1].partition(":")[0] for row in rows if row[3] == "0A"}
        return {
            ".".join(str(byte) for byte in reversed(bytes.fromhex(each)))
            for each in places
            if not each.endswith("7F")
        }

    attached = project.networks(service)
    assert len([name for name in attached if not name.endswith("_world")]) == 2
    assert listening() == {attached[f"{project.name}_{network}"]["IPAddress"]}


def test_other_containers_reach_no_filter(server):
    """
    A container on another network can't connect to a filter.

    Whoever could speak to the signer could have anything signed. Also the network
    `names`, where the resolver is asked, leads to no filter.
    """
    project = server.project
    targets = [
        (attached["IPAddress"], port)
        for service, port in INTERNAL
        for name, attached in project.networks(service).items()
        if not name.endswith("_world")
    ]

    def ask(network: str) -> list[bool]:
        return json.loads(
            run_in_container(project, network, "reachable", json.dumps(targets))
        )

    assert not any(ask(f"{project.name}_edge"))
    assert not any(ask("bridge"))
    assert not any(ask(f"{project.name}_names"))
    # The check itself works: an open port is found.
    resolver = project.networks("resolver")[f"{project.name}_names"]["IPAddress"]
    targets = [(resolver, 53)]
    assert all(ask(f"{project.name}_names"))
    signer = project.networks("dkim-sign")[f"{project.name}_sign"]["IPAddress"]
    targets = [(signer, 8891)]
    assert all(ask(f"{project.name}_sign"))


def test_only_postfix_and_the_signer_are_on_the_signers_network(server):
    """Postfix and the signer are alone on the signer's network, which is internal."""
    sign = server.project.docker.networks.get(f"{server.project.name}_sign")

    members = {
        container.labels["com.docker.compose.service"] for container in sign.containers
    }
    assert members == {"postfix", "dkim-sign"}
    assert sign.attrs["Internal"] is True


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.provokes("postfix", "non-SMTP command from .*: PROXY")
@pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem")
@pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed")
def test_a_proxy_protocol_line_is_refused(server, port):
    """
    Each port refuses a line of the PROXY protocol, so no client chooses its address.
    """
    claim = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 25"

    with Connection(ADDRESS, server.port(port)) as session:
        if port not in TLS_FROM_THE_START:
            session.line()
        session.write(f"{claim}\r\n".encode())
        answer = session.line()

    # The greeting would come now if the line were accepted.
    assert not answer.startswith(("220", "* OK"))
    log = "\n".join(line.text for line in server.project.lines(["postfix", "dovecot"]))
    assert "[192.0.2.1]" not in log
    assert "rip=192.0.2.1" not in log


@pytest.mark.parametrize(
    "setting",
    [
        "auth_master_user_separator",
        "login_trusted_networks",
        "haproxy_trusted_networks",
        "doveadm_password",
        "doveadm_api_key",
    ],
)
def test_dovecot_has_no_master_user_trusted_network_or_doveadm_port(server, setting):
    """Dovecot has no master user, trusted network, proxy or remote administration."""
    show = ("doveconf", "-c", "/live/current/dovecot.conf", "-h", setting)

    assert server.project.inside("dovecot", *show).decode().strip() == ""


@pytest.mark.parametrize(
    ("service", "command", "words"),
    [
        ("dovecot", "doveconf -n", "hostname = mail.example.test"),
        ("dovecot", "doveconf -h hostname", "mail.example.test"),
        ("postfix", "postconf -n", "myhostname = mail.example.test"),
        ("postfix", "postconf -h myhostname", "mail.example.test"),
    ],
)
def test_postconf_and_doveconf_show_the_configuration_in_use(
    server, service, command, words
):
    """`postconf` and `doveconf` without a path show the configuration in use."""
    said = server.project.inside(service, *command.split()).decode()

    assert words in said.splitlines()
    assert "arning" not in said
