"""
Runs certbot, the ACME client, in the service certs.

Each call passes all settings of .env, so a change there counts from the next renewal
on. certbot decides whether a renewal is due: when the authority suggests it (ARI,
RFC 9773), else when a third of the lifetime is left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.certs.validation import trust
from stack.config.derived import Derived
from stack.config.settings import Settings
from stack.renewal.acme import certbot_errors, certbot_program, lineages
from stack.system import files, processes
from stack.system.errors import StackError
from stack.system.project import Project

WEBROOT = "/webroot"

# Seconds for one call, in addition to ACME_DNS_PROPAGATION_SECONDS: an authority
# may validate for minutes.
TIMEOUT = 900


@dataclass(frozen=True)
class ExternalAccount:
    """Credentials for an external account binding (EAB, RFC 8555 §7.3.4)."""

    eab_kid: str
    eab_hmac: str

    def __repr__(self) -> str:
        """Show it without the key: this may end in a log."""
        return f"ExternalAccount({self.eab_kid!r})"


@dataclass(frozen=True)
class Order:
    """An order for the next certificate of *lineage*."""

    lineage: str
    hosts: tuple[str, ...]
    rsa: bool = False
    force: bool = False
    """Whether to renew although no renewal is due."""
    reuse_key: bool = False
    new_key: bool = False
    """Whether to change the key this time, whatever *reuse_key* says."""
    dry_run: bool = False
    account: ExternalAccount | None = None


def obtain(project: Project, settings: Settings, order: Order) -> None:
    """
    Obtain the certificate of *order* if it is due; a dry run keeps nothing.

    Raises:
        StackError: When certbot fails, with one line for each problem, and a remedy.
    """
    lineages.set_aside_if_broken(project.acme, order.lineage)
    secret = _secret(project, order.account)
    try:
        _call(project, settings, "certonly", *_order(project, settings, order))
    finally:
        if secret:
            files.remove(secret)


def revoke(
    project: Project, settings: Settings, certificate: Path, reason: str
) -> None:
    """
    Revoke the certificate in the file, for a *reason* of RFC 5280 §5.3.1.

    Raises:
        StackError: When certbot fails, with one line for each problem, and a remedy.
    """
    words = ("--cert-path", str(certificate), "--reason", reason)
    _call(project, settings, "revoke", *words, "--no-delete-after-revoke")


def delete(project: Project, settings: Settings, lineage: str) -> None:
    """
    Delete *lineage*, so that it is not renewed any more.

    Raises:
        StackError: When certbot fails, with one line for each problem, and a remedy.
    """
    _call(project, settings, "delete", "--cert-name", lineage)


def _call(project: Project, settings: Settings, verb: str, *words: str) -> None:
    folder, logs = lineages.folder(project.acme), project.acme / "logs"
    command = [
        str(certbot_program.PATH),
        verb,
        "--non-interactive",
        *("--config-dir", str(folder)),
        *("--work-dir", "/tmp/certbot"),  # noqa: S108 - the container's own
        *("--logs-dir", str(logs)),
        *("--max-log-backups", "30"),
        *("--server", settings.acme_directory),
        *words,
    ]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "REQUESTS_CA_BUNDLE": str(trust.file(project)),
    }
    timeout = TIMEOUT + settings.acme_dns_propagation_seconds
    done = processes.run(command, environment, timeout)
    if done.status:
        log = logs / "letsencrypt.log"
        raise StackError(*certbot_errors.explain(done, log, settings))


def _order(project: Project, settings: Settings, order: Order) -> Iterator[str]:
    yield from ("--cert-name", order.lineage, "--domains", ",".join(order.hosts))
    # The names in the order replace those of the lineage.
    yield "--renew-with-new-domains"
    yield "--force-renewal" if order.force else "--keep-until-expiring"
    if order.rsa:
        yield from ("--key-type", "rsa", "--rsa-key-size", "2048")
    else:
        yield from ("--key-type", "ecdsa", "--elliptic-curve", "secp256r1")
    yield "--reuse-key" if order.reuse_key else "--no-reuse-key"
    if order.new_key:
        yield "--new-key"
    if order.dry_run:
        yield "--dry-run"
    if settings.acme_profile:
        yield from ("--required-profile", settings.acme_profile)
    yield from _registration(project, settings, order)
    yield from _challenge(project, settings)


def _registration(project: Project, settings: Settings, order: Order) -> Iterator[str]:
    # The operator has agreed before (stack/cli/cert/issue.py).
    yield "--agree-tos"
    if settings.acme_email:
        yield from ("--email", settings.acme_email, "--no-eff-email")
    else:
        yield "--register-unsafely-without-email"
    if order.account:
        yield from ("--config", str(_secret_path(project)))


def _challenge(project: Project, settings: Settings) -> Sequence[str]:
    kind = Derived(settings).acme_challenge
    if kind == "standalone":
        return ("--standalone", "--preferred-challenges", "http")
    if kind == "webroot":
        return ("--webroot", "--webroot-path", WEBROOT)
    if kind == "manual":
        hooks = project.acme / "hooks"
        return (
            *("--manual", "--preferred-challenges", "dns"),
            *("--manual-auth-hook", str(hooks / "auth")),
            *("--manual-cleanup-hook", str(hooks / "cleanup")),
        )
    access = project.acme / f"{kind}.ini"
    credentials = (f"--{kind}-credentials", str(access)) if access.exists() else ()
    seconds = str(settings.acme_dns_propagation_seconds)
    wait = (f"--{kind}-propagation-seconds", seconds)
    return (f"--{kind}", *credentials, *wait)


def _secret(project: Project, account: ExternalAccount | None) -> Path | None:
    """Write the EAB key to a file, as arguments show in process lists; return it."""
    if not account:
        return None
    path = _secret_path(project)
    project.write(
        path, f"eab-kid = {account.eab_kid}\neab-hmac-key = {account.eab_hmac}\n"
    )
    return path


def _secret_path(project: Project) -> Path:
    return project.acme / "account.ini"
