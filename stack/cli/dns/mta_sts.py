"""`stack dns mta-sts`: what the MTA-STS policy asks of other servers."""

import click

from stack.cli.dns import policies
from stack.cli.dns.check import look
from stack.cli.dns.wanted import Wanted, wanted
from stack.cli.support import verdicts
from stack.cli.support.output import carry_out, say
from stack.system.errors import StackError, UnableError
from stack.system.project import Project

NO_WEB = (
    "nobody serves a policy: set WEB=yes in .env, then run `docker compose run --rm"
    " stack` and `docker compose up --detach --wait`"
)


@click.command("mta-sts")
@click.argument("mode", type=click.Choice(["testing", "enforce", "none"]))
@click.option("--now", is_flag=True, help="Enforce it without waiting for a day.")
@click.pass_obj
def mta_sts_(project: Project, mode: str, now: bool) -> None:
    """
    Set MTA_STS in .env, apply it, and print the records to publish.

    enforce is refused (exit 1) unless all records and pages of the policy are right,
    the certificate on port 25 is one that others trust, and `dns check` or this command
    has seen that for a day. none takes a policy back: senders forget it when they see
    that, or when its time is over.
    """
    from stack.config import envfile

    project.require()
    settings = envfile.load(project.env)
    if not settings.web:
        raise UnableError(NO_WEB)
    if mode == "enforce":
        _refuse_early(project, wanted(project, settings, None), at_once=now)
    _apply(project, mode)
    _say_records(wanted(project, envfile.load(project.env), None))


def _refuse_early(project: Project, found: Wanted, *, at_once: bool) -> None:
    from stack.config import envfile

    say("Looking at what others see …")
    findings = look(project, envfile.load(project.env), found, ())
    seen = policies.note(project, found, findings)
    if lines := policies.refusals(findings, seen, at_once=at_once):
        raise StackError(*lines)


def _apply(project: Project, mode: str) -> None:
    from stack.apply import plan

    with verdicts.waiting_for_verdicts(project), project.lock():
        carry_out(plan.initial(project, {"MTA_STS": mode}), verbose=False)


def _say_records(found: Wanted) -> None:
    from stack.dns.records import zone_line
    from stack.services.web import mta_sts as policy

    say("Publish now, in place of the record that is there:")
    for domain, block in found.blocks.items():
        for each in block:
            if each.name == policy.record_name(domain):
                click.echo(zone_line(each))
