"""`daemon`: the units of an environment on its servers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.names import check_environment
from tetra_es.remote.errors import StepFailed
from tetra_es.text import one_line
from tetra_es_cli.commands.health import deployed
from tetra_es_cli.context.identities import identity_option
from tetra_es_cli.context.params import (
    env_argument,
    output_option,
    reason_option,
    replace_unmanaged_option,
)
from tetra_es_cli.deploying import deploy_to_all, remove_from_all
from tetra_es_cli.output.console import note
from tetra_es_cli.output.plain import emit, emit_rows
from tetra_es_cli.servers import (
    ask_each,
    hosts_options,
    raise_first,
    session,
    take_over_option,
    transports,
)
from tetra_es_cli.wishes import Wish

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.remote.server import Server
    from tetra_es_cli.context.app import App

_LINES = 50
_DIGITS = 9
_INTERRUPTED = 130
_UNIT = ("host", "name", "active", "sub", "enabled", "pid", "restarts", "since", "result")


@click.group()
def daemon() -> None:
    """The units of an environment, on its servers or with --local on this machine."""


@daemon.command()
@env_argument()
@hosts_options
@click.option("--create-user", is_flag=True, help="Create the service's user where it is missing.")
@replace_unmanaged_option
@identity_option
@reason_option
@output_option("text", "json")
@click.pass_obj
def install(
    app: App,
    environment: str,
    hosts: Sequence[str],
    local: bool,
    create_user: bool,
    replace_unmanaged: bool,
    given: tuple[Path, ...],
    reason: str,
    output: str,
) -> None:
    """Put ENV and its units on the servers and start them: what `deploy` does."""
    wish = Wish(
        *(environment, hosts, local, None, given, reason),
        create_user=create_user,
        replace_unmanaged=replace_unmanaged,
    )
    deploy_to_all(app, wish, output)


@daemon.command()
@env_argument()
@hosts_options
@take_over_option
@reason_option
@output_option("text", "json")
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
    wish = Wish(environment, hosts, local, reason=reason, take_over=take_over)
    remove_from_all(app, wish, output)


def _verb(name: str, does: str) -> None:
    @daemon.command(name, help=does)
    @env_argument()
    @hosts_options
    @click.pass_obj
    def command(app: App, environment: str, hosts: Sequence[str], local: bool) -> None:
        for transport in transports(app, environment, hosts, local=local):
            with session(app, environment, transport, lock=True) as server:
                units = tuple(deployed(server, environment).units)
                try:
                    server.daemon(name, units)
                except StepFailed as error:  # nothing was deployed, so no deployment failed
                    for line in error.journal:
                        note(f"log: {one_line(line)}")
                    raise TetraEsError(f"{server.host}: {error.reason}", hint=error.hint) from error
                emit(f"{server.host}: {name} {' '.join(units)}")


_verb("enable", "Have ENV's units started when a server boots.")
_verb("disable", "Have ENV's units not started when a server boots.")
_verb("start", "Start ENV's units.")
_verb("stop", "Stop ENV's units.")
_verb("restart", "Restart ENV's units.")


@daemon.command()
@env_argument()
@hosts_options
@output_option("table", "json", "jsonl")
@click.pass_obj
def status(app: App, environment: str, hosts: Sequence[str], local: bool, output: str) -> None:
    """Show what systemd says of ENV's units."""

    def ask(server: Server) -> list[dict[str, Any]]:
        units = tuple(deployed(server, environment).units)
        return [{"host": server.host, **asdict(unit)} for unit in server.status(units)]

    found = transports(app, environment, hosts, local=local, every=True)
    rows, errors = ask_each(app, environment, found, ask)
    emit_rows(rows, output, _UNIT, empty="" if errors else f"{environment} has no units")
    raise_first(errors)


@daemon.command()
@click.argument("words", metavar="[N] ENV", nargs=-1, required=True)
@hosts_options
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes; Ctrl-C ends it.")
@click.pass_obj
def logs(app: App, words: tuple[str, ...], hosts: Sequence[str], local: bool, follow: bool) -> None:
    """Print the last N lines of the journal of ENV's units, by default 50."""
    lines, environment = _lines_and_environment(words)
    found = transports(app, environment, hosts, local=local)
    if follow and len(found) > 1:
        raise UsageError(f"{environment} has {len(found)} hosts: follow one of them with --to HOST")
    for transport in found:
        with session(app, environment, transport) as server:
            units = tuple(deployed(server, environment).units)
            try:
                for line in server.logs(units, lines, follow=follow):
                    emit(one_line(line))
            except KeyboardInterrupt:
                raise SystemExit(_INTERRUPTED) from None


def _lines_and_environment(words: tuple[str, ...]) -> tuple[int, str]:
    *numbers, name = words
    if len(numbers) > 1 or not all(number.isascii() and number.isdecimal() for number in numbers):
        raise UsageError(
            f"not [N] ENV: {' '.join(words)}", hint="such as `tetra-es daemon logs 100 dev`"
        )
    if numbers and len(numbers[0]) > _DIGITS:
        raise UsageError(f"too many lines: {numbers[0]}")
    return int(numbers[0]) if numbers else _LINES, check_environment(name)
