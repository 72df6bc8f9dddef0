"""Servers from the command line: which hosts, a session with one, and recording what it does."""

from __future__ import annotations

import getpass
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.rendering.settings import read_settings
from tetra_es.servers.server import Server
from tetra_es.servers.transport import Local, Ssh
from tetra_es_cli.app import note
from tetra_es_cli.commands.show import text_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tetra_es.domain.deployment import Target
    from tetra_es.domain.metadata import Context
    from tetra_es.servers.transport import Transport
    from tetra_es_cli.app import App

Command = TypeVar("Command", bound="Callable[..., Any]")
Answer = TypeVar("Answer")


def hosts_options(command: Command) -> Command:
    """Add the options that say which servers are meant."""
    local = click.option("--local", is_flag=True, help="This machine itself, without ssh.")
    return click.option(
        "--to",
        "hosts",
        multiple=True,
        metavar="HOST",
        help="A host as ssh takes it.  [default: deployment.hosts of ENV]",
    )(local(command))


def transports(
    app: App, environment: str, hosts: Sequence[str], *, local: bool, text: str | None = None
) -> list[Transport]:
    """Return how to reach each server of an environment.

    Its own are in its TOML; where that names none, they are those that it runs on.
    """
    if local and hosts:
        raise UsageError("--local and --to exclude each other")
    if local:
        return [Local()]
    if not hosts:
        if text is None:
            with app.reading() as reader:
                text = text_at(reader, environment, None)
        name = f"environments/{environment}.toml"
        hosts = read_settings(text, name=name, environment=environment).hosts
        hosts = hosts or serving_hosts(app, environment)
    if not hosts:
        raise UsageError(
            f"{environment} names no host",
            hint=f"tetra-es set profile {environment} 'deployment.hosts=[\"HOST\"]', then promote; "
            "or give one with --to",
        )
    # A person at a terminal may answer ssh's questions; a script may not.
    interactive = not app.no_input and sys.stdin.isatty()
    return [
        Ssh(host, command=app.settings.ssh, interactive=interactive)
        for host in dict.fromkeys(hosts)
    ]


def serving_hosts(app: App, environment: str) -> list[str]:
    """Return the hosts that an environment runs on, by what was recorded."""
    with app.reading() as reader:
        rows = reader.views.targets()
    return [
        row.host
        for row in rows
        if row.environment == environment and row.serving and row.host != Local().host
    ]


_LAST_BREATH = 15
"""Seconds that the session of a killed deployment may take to end: it puts back the old state."""


@contextmanager
def session(
    app: App, environment: str, transport: Transport, *, lock: bool = False
) -> Iterator[Server]:
    """Open a session with a server, with its lock where it is to be changed."""
    with Server.open(transport, app.layout().root.name, environment) as server:
        if lock:
            who = app.settings.actor or app.settings.user or getpass.getuser()
            server.lock(who, socket.gethostname(), wait=_LAST_BREATH)
        yield server


def ask_each(
    app: App,
    environment: str,
    hosts: Sequence[Transport],
    ask: Callable[[Server], Iterable[Answer]],
) -> tuple[list[Answer], list[TetraEsError]]:
    """Ask every server; return all that they answer, and the errors of those that did not.

    One that cannot be reached is no reason not to look at the others. For `raise_first`.
    """
    answers: list[Answer] = []
    errors: list[TetraEsError] = []
    for transport in hosts:
        try:
            with session(app, environment, transport) as server:
                answers += ask(server)
        except TetraEsError as error:
            errors.append(error)
    return answers, errors


def raise_first(errors: Sequence[BaseException]) -> None:
    """Raise the first of some errors, where there is one, after naming the others."""
    for error in errors[1:]:
        note(f"and: {getattr(error, 'message', str(error))}")
    if errors:
        raise errors[0]


class CommandJournal:
    """Records the events of one environment on one host, each in a transaction of its own.

    The organization's lock is not held in between: a deployment takes minutes.
    """

    def __init__(self, app: App, environment: str, host: str, reason: str) -> None:
        self._app = app
        self._environment = environment
        self._host = host
        self._reason = reason
        self.positions: list[int] = []

    def target(self) -> Target:
        """Return the environment on the host, as it is recorded now."""
        with self._app.changing(record_edits=False) as workspace:
            return workspace.session.history.target(self._environment, self._host)

    def record(self, decide: Callable[[Target, Context], object]) -> None:
        """Record what `decide` decides on the target."""
        with self._app.changing(reason=self._reason, record_edits=False) as workspace:
            current = workspace.session

            def command() -> list[int]:
                target = current.history.target(self._environment, self._host)
                decide(target, current.context(current.organization()))
                saved = current.save(target)
                workspace.settle(saved)
                return [one.position for one in saved if one.position]

            self.positions += current.run(command)
