"""`daemon`: the units of an environment on its servers."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import UsageError
from tetra_es.names import check_environment
from tetra_es.text import one_line
from tetra_es.usecases.deploy.request import DeployRequest, HostSelection
from tetra_es_cli.commands.deploy import deploy_to_servers
from tetra_es_cli.context.candidates import SERVED
from tetra_es_cli.context.command_line import removal_for
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.identities import identity_option
from tetra_es_cli.context.params import (
    GENERATED,
    env_argument,
    listing_option,
    reason_option,
    replace_drift_option,
    replace_unmanaged_option,
    report_option,
)
from tetra_es_cli.context.recording import Recording
from tetra_es_cli.context.servers import (
    hosts_options,
    operations,
    rollouts,
    take_over_option,
    units,
)
from tetra_es_cli.output.emit import emit, say
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.servers import raise_first, rollout_report
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.usecases.deploy.operations import Verb
    from tetra_es.usecases.deploy.units import UnitRow
    from tetra_es_cli.context.app import App

_LINES = 50
_DIGITS = 9
_INTERRUPTED = 130
_UNIT = ("host", "unit", "active", "sub", "enabled", "pid", "restarts", "since", "result")


@click.group(cls=CommandGroup)
def daemon() -> None:
    """Manage the units of ENV on its servers, or with --local on this machine."""


@daemon.command()
@env_argument(type=GENERATED)
@hosts_options
@click.option("--create-user", is_flag=True, help="Create the service's user where it is missing.")
@replace_unmanaged_option
@replace_drift_option
@identity_option
@reason_option
@report_option
@click.pass_obj
def install(
    app: App,
    environment: str,
    hosts: Sequence[str],
    local: bool,
    create_user: bool,
    replace_unmanaged: bool,
    replace_drift: bool,
    given: tuple[Path, ...],
    reason: str,
    output: str,
) -> None:
    """Put ENV and its units on the servers and start them: what `deploy` does."""
    request = DeployRequest(
        environment,
        hosts,
        local,
        identities=given,
        create_user=create_user,
        replace_unmanaged=replace_unmanaged,
        replace_drift=replace_drift,
    )
    deploy_to_servers(app, request, Recording(reason, output=output))


@daemon.command()
@env_argument(type=GENERATED)
@hosts_options
@take_over_option
@reason_option
@report_option
@click.pass_obj
def uninstall(
    app: App,
    environment: str,
    hosts: Sequence[str],
    local: bool,
    take_over: bool,
    reason: str,
    output: str,
) -> None:
    """Stop ENV on its servers and remove what was deployed there; data and logs stay."""
    request = DeployRequest(environment, hosts, local, take_over=take_over)
    with rollouts(app, Recording(reason, output=output)) as rolling:
        done = rolling.remove(request, again=removal_for(app, request))
    emit(rollout_report(done.rows), output)
    raise_first(done.errors)


def _verb(name: Verb, does: str) -> None:
    @daemon.command(name, help=does)
    @env_argument(type=GENERATED)
    @hosts_options
    @reason_option
    @click.pass_obj
    def command(app: App, environment: str, hosts: Sequence[str], local: bool, reason: str) -> None:
        with operations(app, Recording(reason)) as working:
            for told in working.tell(HostSelection(environment, hosts, local), name):
                say(f"{told.host}: {name} {' '.join(told.units)}")


_verb("enable", "Have ENV's units started when a server boots.")
_verb("disable", "Have ENV's units not started when a server boots.")
_verb("start", "Start ENV's units.")
_verb("stop", "Stop ENV's units.")
_verb("restart", "Restart ENV's units.")


@daemon.command()
@env_argument(type=GENERATED)
@hosts_options
@listing_option
@click.pass_obj
def status(app: App, environment: str, hosts: Sequence[str], local: bool, output: str) -> None:
    """Show what systemd says of ENV's units."""

    with units(app, HostSelection(environment, hosts, local)) as found:
        answers = found.status()
    rows = [_told(row) for row in answers.rows]
    empty = "" if answers.errors else f"{environment} has no units"
    emit(Listing(rows, _UNIT, empty=empty, cells={"since": _since}), output)
    raise_first(answers.errors)


def _since(time: str) -> str | None:
    """Return a time of systemd's as others are printed, where it was understood."""
    return short_time(time) if time.endswith("Z") else time


def _told(row: UnitRow) -> dict[str, Any]:
    """Return a row as all commands name and print such things."""
    since = re.sub(r"^[A-Z][a-z]{2} ([0-9-]{10}) ([0-9:]{8}) UTC$", r"\1T\2Z", row.since)
    told = {**row._asdict(), "since": since}
    return {"unit" if name == "name" else name: value for name, value in told.items()}


@daemon.command()
@click.argument("words", metavar="[N] ENV", nargs=-1, required=True, type=SERVED)
@hosts_options
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes; Ctrl-C ends it.")
@click.pass_obj
def logs(app: App, words: tuple[str, ...], hosts: Sequence[str], local: bool, follow: bool) -> None:
    """Print the last N lines of the journal of ENV's units, by default 50."""
    lines, environment = _lines_and_environment(words)
    with (
        units(app, HostSelection(environment, hosts, local)) as found,
        closing(found.logs(lines, follow=follow)) as said,
    ):
        try:
            for line in said:
                say(one_line(line))
        except KeyboardInterrupt:
            raise SystemExit(_INTERRUPTED) from None


def _lines_and_environment(words: tuple[str, ...]) -> tuple[int, str]:
    *numbers, name = words
    if name.isdecimal() and not numbers:
        raise UsageError("missing argument ENV", hint="such as `tetra-es daemon logs 100 dev`")
    if len(numbers) > 1 or not all(number.isascii() and number.isdecimal() for number in numbers):
        raise UsageError("not [N] ENV", hint="such as `tetra-es daemon logs 100 dev`")
    if numbers and len(numbers[0]) > _DIGITS:
        raise UsageError(f"too many lines: {numbers[0]}")
    return int(numbers[0]) if numbers else _LINES, check_environment(name)
