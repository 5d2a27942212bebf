"""certbot gets the settings of .env as options, and no secret that it doesn't need."""

import json
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from stack.certs.validation import trust
from stack.renewal.acme import certbot, certbot_program
from stack.renewal.acme.certbot import ExternalAccount, Order
from stack.system.errors import StackError
from stack.system.project import Project
from tests.support.certs.authority import authority
from tests.support.renewal.certbot_lab import ROOT, URL, settings_of

OWN = authority("Our own")
ORDER = Order("mail.example.org", ("mail.example.org", "imap.example.org"))
WORK = "/tmp/certbot"  # noqa: S108 - the container's own
ACCOUNT = ExternalAccount("kid-1", "c2VjcmV0")

# Writes down what it was called with, and the file of the account while it is there.
PROGRAM = """\
#!{python} -IS
import json, os, sys
here = {folder!r}
account = os.path.join({acme!r}, "account.ini")
seen = {{"argv": sys.argv[1:], "environment": dict(os.environ)}}
if os.path.exists(account):
    seen["account"] = open(account).read()
    seen["mode"] = os.stat(account).st_mode & 0o777
json.dump(seen, open(here + "/seen", "w"))
print("Another instance of Certbot is already running.")
sys.exit({status})
"""


class Program:
    """A program in certbot's place."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder, self.project = folder, project
        self.path = folder / "certbot"
        self.end_with(0)

    def end_with(self, status: int) -> None:
        """Let it end with *status* from now on."""
        text = PROGRAM.format(
            python=sys.executable,
            folder=str(self.folder),
            acme=str(self.project.acme),
            status=status,
        )
        self.path.write_text(text)
        self.path.chmod(0o700)

    @property
    def seen(self) -> dict:
        """What it was called with."""
        return json.loads((self.folder / "seen").read_text())

    def option(self, name: str) -> str:
        """Return the word after the option *name*."""
        argv = self.seen["argv"]
        return argv[argv.index(name) + 1]


@pytest.fixture
def program(project, tmp_path_factory, monkeypatch) -> Program:
    """A program in certbot's place."""
    found = Program(tmp_path_factory.mktemp("program"), project)
    monkeypatch.setattr(certbot_program, "PATH", found.path)
    return found


CHALLENGES = {
    "standalone": "--standalone --preferred-challenges http",
    "webroot": "--webroot --webroot-path /webroot",
    "manual": "--manual --preferred-challenges dns"
    " --manual-auth-hook {acme}/hooks/auth --manual-cleanup-hook {acme}/hooks/cleanup",
    "dns-rfc2136": "--dns-rfc2136 --dns-rfc2136-propagation-seconds 7",
    "dns-cloudflare": "--dns-cloudflare --dns-cloudflare-propagation-seconds 7",
}


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_challenge_options_follow_env(project, program, challenge):
    """Each call passes it, so a change counts from the next renewal on."""
    settings = settings_of(
        project, ACME_CHALLENGE=challenge, ACME_DNS_PROPAGATION_SECONDS="7"
    )

    certbot.obtain(project, settings, ORDER)

    argv = program.seen["argv"]
    assert argv == [
        *("certonly", "--non-interactive"),
        *("--config-dir", f"{project.acme}/certbot", "--work-dir", WORK),
        *("--logs-dir", f"{project.acme}/logs", "--max-log-backups", "30"),
        *("--server", URL, "--cert-name", "mail.example.org"),
        *("--domains", "mail.example.org,imap.example.org"),
        *("--renew-with-new-domains", "--keep-until-expiring"),
        *("--key-type", "ecdsa", "--elliptic-curve", "secp256r1", "--no-reuse-key"),
        *("--agree-tos", "--register-unsafely-without-email"),
        *CHALLENGES[challenge].format(acme=project.acme).split(),
    ]


def test_credentials_file_is_passed_if_it_exists(project, program):
    """Without the file, certbot itself reports what it lacks."""
    settings = settings_of(project, ACME_CHALLENGE="dns-rfc2136")
    project.write(project.acme / "dns-rfc2136.ini", "")

    certbot.obtain(project, settings, ORDER)

    assert program.option("--dns-rfc2136-credentials") == (
        f"{project.acme}/dns-rfc2136.ini"
    )


@pytest.mark.parametrize(
    ("order", "said", "left_out"),
    [
        ({"force": True}, "--force-renewal", "--keep-until-expiring"),
        ({"reuse_key": True}, "--reuse-key", "--no-reuse-key"),
        (
            {"reuse_key": True, "new_key": True},
            "--reuse-key --new-key",
            "--no-reuse-key",
        ),
        ({"dry_run": True}, "--dry-run", ""),
        (
            {"rsa": True},
            "rsa --rsa-key-size 2048",
            "ecdsa --elliptic-curve secp256r1",
        ),
    ],
)
def test_order_becomes_certbot_options(project, program, order, said, left_out):
    """Each field of the order changes its own option only."""
    settings = settings_of(project)
    certbot.obtain(project, settings, ORDER)
    plain = program.seen["argv"]

    certbot.obtain(project, settings, replace(ORDER, **order))

    argv = program.seen["argv"]
    assert " ".join(word for word in argv if word not in plain) == said
    assert " ".join(word for word in plain if word not in argv) == left_out


def test_email_and_profile_of_env_are_passed(project, program):
    """Where they are set."""
    settings = settings_of(
        project, ACME_EMAIL="me@example.net", ACME_PROFILE="tlsserver"
    )

    certbot.obtain(project, settings, ORDER)

    assert program.option("--email") == "me@example.net"
    assert program.option("--required-profile") == "tlsserver"
    assert "--register-unsafely-without-email" not in program.seen["argv"]


def test_environment_is_not_passed_on(project, program, monkeypatch):
    """Hooks and plugins must not see the container's environment."""
    monkeypatch.setenv("SECRET", "sesame")

    certbot.obtain(project, settings_of(project), ORDER)

    seen = program.seen["environment"]
    assert set(seen) - {"LC_CTYPE"} == {"PATH", "REQUESTS_CA_BUNDLE"}
    assert seen["REQUESTS_CA_BUNDLE"] == str(trust.WORLD)


def test_operator_root_is_trusted_for_the_acme_server(
    project, program, monkeypatch, tmp_path
):
    """var/acme/authorities.pem is trusted in addition to the usual roots."""
    monkeypatch.setattr(trust, "TOGETHER", tmp_path / "together.pem")
    monkeypatch.setattr(trust, "WORLD", tmp_path / "world.pem")
    # The last line of a file may lack its end.
    (tmp_path / "world.pem").write_text(ROOT.pem.strip())
    project.write(project.acme / "authorities.pem", OWN.pem)

    certbot.obtain(project, settings_of(project), ORDER)

    bundle = Path(program.seen["environment"]["REQUESTS_CA_BUNDLE"])
    found = x509.load_pem_x509_certificates(bundle.read_bytes())
    assert found == [ROOT.certificate, OWN.certificate]


@pytest.mark.parametrize("status", [0, 1])
def test_eab_key_file_exists_during_the_call_only(project, program, status):
    """
    The key is never an argument, which process lists show, and the file is removed
    after a failure.
    """
    program.end_with(status)
    order = Order("a", ("a.example",), account=ACCOUNT)

    fails = pytest.raises(StackError, match="certbot is at work already")
    with fails if status else nullcontext():
        certbot.obtain(project, settings_of(project), order)

    seen = program.seen
    assert seen["account"] == "eab-kid = kid-1\neab-hmac-key = c2VjcmV0\n"
    assert seen["mode"] == 0o600
    assert program.option("--config") == str(project.acme / "account.ini")
    assert "c2VjcmV0" not in json.dumps([seen["argv"], seen["environment"]])
    assert not (project.acme / "account.ini").exists()


def test_repr_of_eab_credentials_hides_the_key():
    """Tracebacks may end in a log."""
    assert repr(ACCOUNT) == "ExternalAccount('kid-1')"


@pytest.mark.parametrize(
    "call",
    [
        lambda p, s: certbot.obtain(p, s, ORDER),
        lambda p, s: certbot.revoke(p, s, Path("/x"), "superseded"),
        lambda p, s: certbot.delete(p, s, "a"),
    ],
    ids=["obtain", "revoke", "forget"],
)
def test_non_zero_status_is_an_error(project, program, call):
    """With the reason in a line."""
    program.end_with(1)

    with pytest.raises(StackError, match="certbot is at work already") as caught:
        call(project, settings_of(project))

    assert len(caught.value.problems) == 1


def test_revoke_keeps_the_lineage(project, program):
    """The lineage is renewed later, so certbot must not delete it."""
    certbot.revoke(project, settings_of(project), Path("/x/cert1.pem"), "keycompromise")

    argv = program.seen["argv"]
    assert argv[0] == "revoke"
    assert argv[-5:] == [
        *("--cert-path", "/x/cert1.pem", "--reason", "keycompromise"),
        "--no-delete-after-revoke",
    ]


def test_delete_removes_the_lineage(project, program):
    """By its name among the lineages."""
    certbot.delete(project, settings_of(project), "mail.example.org.rsa")

    assert program.seen["argv"][0] == "delete"
    assert program.option("--cert-name") == "mail.example.org.rsa"


def test_certbot_is_available_if_its_program_exists(program):
    """Elsewhere, the command runs in the service certs by Docker."""
    assert certbot_program.is_available()

    program.path.unlink()

    assert not certbot_program.is_available()


def test_certbot_is_stopped_after_the_timeout(project, program, monkeypatch):
    """A hook may hang. ACME_DNS_PROPAGATION_SECONDS is added to the limit."""
    monkeypatch.setattr(certbot, "TIMEOUT", 0.1)
    program.path.write_text("#!/bin/sh\nexec sleep 600\n")

    with pytest.raises(StackError, match="was stopped at its time limit"):
        certbot.obtain(
            project, settings_of(project, ACME_DNS_PROPAGATION_SECONDS="0"), ORDER
        )
