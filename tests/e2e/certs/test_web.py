"""The service web serves MTA-STS policies and settings of mail programs, no more."""

import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from xml.etree import ElementTree

import pytest

from tests.support.configuration.templates import refused
from tests.support.faults.services import hesitant, kill, paused
from tests.support.server.accounts import add_domains, remove_domains
from tests.support.server.project import CommandError
from tests.support.server.server import HOSTNAME
from tests.support.server.web import Web, ask, running
from tests.support.wait import wait_until

POLICY, AUTOCONFIG = "mta-sts.example.test", "autoconfig.example.test"
PATH, SETTINGS = "/.well-known/mta-sts.txt", "/mail/config-v1.1.xml"

# At the same time.
CLIENTS = 10


@pytest.fixture(scope="module")
def web(server, authorities, certificates) -> Iterator[Web]:
    """Have the web server running, with certificates for its names."""
    with running(server.project) as found:
        certificates.issue("--web")
        yield found


@pytest.mark.core
def test_the_policy_is_served_as_its_record_announces(server, web):
    """
    The policy of a domain has a trusted certificate, and the id that its record has.

    The authority has verified the name through the web server itself.
    """
    found = web.get(POLICY, PATH)

    assert found.status == 200
    assert found.headers["content-type"] == "text/plain"
    assert found.text.splitlines() == [
        "version: STSv1",
        "mode: testing",
        f"mx: {HOSTNAME}",
        "max_age: 86400",
    ]
    records = shown(server)
    digest = sha256(found.text.encode()).hexdigest()[:16]
    assert records["_mta-sts.example.test"] == ("TXT", f"v=STSv1; id={digest}")
    assert records[POLICY] == ("CNAME", HOSTNAME)
    assert records[AUTOCONFIG] == ("CNAME", HOSTNAME)


def shown(server) -> dict[str, tuple[str, str]]:
    """Return type and value of each record that `stack dns show` prints, by name."""
    blocks = json.loads(server.project.stack("dns", "show", "--json").stdout)
    return {
        each["name"]: (each["type"], each["value"])
        for block in blocks
        for each in block["records"]
    }


@pytest.mark.core
@pytest.mark.parametrize("host", ["127.0.0.1", HOSTNAME, "mta-sts.other.test"])
def test_another_name_gets_no_certificate(web, host):
    """A client that asks for no name, or for one that isn't ours, gets no handshake."""
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        web.get(host, PATH)


@pytest.mark.core
@pytest.mark.parametrize(
    ("host", "path"),
    [
        (POLICY, "/"),
        (POLICY, "/mta-sts.txt"),
        (POLICY, SETTINGS),
        (POLICY, f"/tls/{POLICY}.pem"),
        (POLICY, f"/.well-known/../tls/{POLICY}.pem"),
        (POLICY, f"{PATH}/../tls/{POLICY}.pem"),
        (AUTOCONFIG, PATH),
        (AUTOCONFIG, "/nginx.conf"),
    ],
)
def test_nothing_else_is_served(web, host, path):
    """No other file is served, least of all a key; no answer names a version."""
    found = web.get(host, path)

    assert found.status == 404
    assert found.headers["server"] == "nginx"
    assert "nginx/" not in found.text


@pytest.mark.core
def test_a_request_for_another_host_than_its_handshake_gets_nothing(web):
    """What one name serves isn't served under a name without a certificate."""
    found = web.get(POLICY, PATH, named="mta-sts.other.test")

    assert found.status == 404
    assert "STSv1" not in found.text


@pytest.mark.core
@pytest.mark.parametrize("query", ["", "?emailaddress=alice%40example.test"])
def test_mail_programs_find_their_settings(web, query):
    """Autoconfig names hosts, ports and the login, whether or not it knows the user."""
    found = web.get(AUTOCONFIG, SETTINGS + query)

    assert (found.status, found.headers["content-type"]) == (200, "text/xml")
    document = ElementTree.fromstring(found.text)  # noqa: S314 - of our own server
    provider = document.find("emailProvider")
    assert provider is not None
    assert provider.attrib == {"id": "example.test"}
    assert provider.findtext("domain") == "example.test"
    said = {
        server.get("type"): [server.findtext(each) for each in ("hostname", "port")]
        for server in provider
        if server.get("type")
    }
    assert said == {"imap": [HOSTNAME, "993"], "smtp": [HOSTNAME, "465"]}
    assert {each.text for each in provider.iter("username")} == {"%EMAILADDRESS%"}
    assert {each.text for each in provider.iter("socketType")} == {"SSL"}


@pytest.mark.core
def test_port_80_leads_to_tls(web):
    """Over HTTP only ACME challenges are served; our names lead to HTTPS."""
    led = web.get_plain(AUTOCONFIG, SETTINGS)
    other = web.get_plain("other.test", SETTINGS)

    assert led.status == 301
    assert led.headers["location"] == f"https://{AUTOCONFIG}{SETTINGS}"
    assert other.status == 404


@pytest.mark.core
def test_the_web_server_has_no_right_and_no_key_that_it_needs_not(server, web):
    """The container has no capability, mount, network or key but those it needs."""
    container = server.project.container("web")
    host, mounts = container.attrs["HostConfig"], container.attrs["Mounts"]
    listing = container.top(ps_args="-eo uid,pid")
    folder = str(server.project.folder)

    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
    assert host["ReadonlyRootfs"] is True
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert {row[0] for row in listing["Processes"]} == {"5013"}
    assert {
        each["Source"].removeprefix(folder): each["RW"]
        for each in mounts
        if each["Type"] == "bind"
    } == dict.fromkeys(
        ["/var/etc/web", "/var/identity", "/var/web", "/var/webroot"], False
    )
    networks = {each.rpartition("_")[2] for each in server.project.networks("web")}
    assert networks == {"edge", "world"}
    with pytest.raises(CommandError, match="No such file"):
        server.project.inside("web", "ls", f"/tls/{HOSTNAME}.pem")


def test_a_renewal_ends_no_connection(web, certificates):
    """
    An open connection goes on while its certificate is replaced.

    A new one is shown the new certificate.
    """
    before = web.connect(POLICY)
    old = before.sock.getpeercert(binary_form=True)
    assert ask(before, PATH, POLICY, stay=True).status == 200

    renewed = certificates.cert("renew", POLICY, "--force")

    assert "Served on port 443" in renewed.stderr
    before.close()
    after = web.connect(POLICY)
    assert after.sock.getpeercert(binary_form=True) != old
    after.close()


def test_check_asks_the_web_server_for_its_certificates(server, web, certificates):
    """`stack cert check` and `show` know the certificates of the web server, too."""
    checked = server.project.stack("cert", "check", "--json", check=False)

    asked = {
        each["host"]: each["problem"]
        for each in json.loads(checked.stdout)["ports"]
        if each["port"] == 443
    }
    # The server may have other domains, too.
    assert asked.keys() >= {POLICY, AUTOCONFIG}
    assert set(asked.values()) == {None}
    assert certificates.of(POLICY)["file"] == f"var/web/{POLICY}.pem"


def test_a_domain_that_comes_later_gets_its_names(server, web, certificates):
    """
    A new domain has its names at once, and their certificates by one command.

    With the domain, its names and keys go.
    """
    project = server.project
    add_domains(project, "third.test")
    try:
        missing = project.stack("cert", "check", check=False)
        certificates.issue("--web")
        found = web.get("mta-sts.third.test", PATH)
        settings = web.get("autoconfig.third.test", SETTINGS)
    finally:
        remove_domains(project, "third.test")

    assert "var/web/mta-sts.third.test.pem: is missing" in missing.stderr
    assert found.status == 200
    assert "<domain>third.test</domain>" in settings.text
    with pytest.raises(ssl.SSLError):
        web.get("mta-sts.third.test", PATH)
    assert "third.test" not in project.as_root("ls var/web")
    assert "third.test" not in certificates.cert("renew").stderr


@pytest.mark.core
def test_mail_needs_no_web_server(server, web, alice, bob, subject):
    """Mail and logins go on while the web server hangs, and after it was killed."""
    with paused(server.project, "web"):
        alice.send(bob.address, f"hangs {subject}")
        assert bob.receive(f"hangs {subject}")
    kill(server.project, "web")
    alice.send(bob.address, f"killed {subject}")
    assert bob.receive(f"killed {subject}")
    # Docker starts it again.
    wait_until(lambda: is_served(web), "the policy, after a kill", within=60)


def test_a_slow_web_server_answers_later_and_holds_up_no_mail(
    server, web, alice, bob, subject
):
    """While the web server takes seconds, all clients get the policy, and mail goes."""
    with (
        hesitant(server.project, "web", 3),
        ThreadPoolExecutor(CLIENTS) as clients,
    ):
        asked = [clients.submit(web.get, POLICY, PATH) for _ in range(CLIENTS)]
        alice.send(bob.address, subject)
        assert bob.receive(subject)
        answers = [each.result() for each in asked]

    assert [each.status for each in answers] == [200] * CLIENTS


def is_served(web: Web) -> bool:
    """Say whether the policy can be fetched."""
    try:
        return web.get(POLICY, PATH).status == 200
    except OSError:
        return False


@pytest.mark.provokes("web", "configuration refused|unknown directive")
def test_a_configuration_that_nginx_refuses_changes_nothing(server, web):
    """`stack init` tells nginx's own words, and the last good one serves."""
    with refused(server.project, "web/nginx.conf.j2", "nonsense;\n") as said:
        still = web.get(POLICY, PATH)

    assert 'unknown directive "nonsense"' in said
    assert still.status == 200
