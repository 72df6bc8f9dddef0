"""Servers from the command line: which hosts, a session with one, and recording what it does."""

from __future__ import annotations

import getpass
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tetra_es.errors import Refused, TetraEsError, UsageError
from tetra_es.release.settings import read_settings
from tetra_es.remote.server import Server
from tetra_es.remote.transport import Local, Ssh
from tetra_es.usecases.apply import parse_anchor
from tetra_es.usecases.deployed import compare, is_ours, recorded_release
from tetra_es_cli.output.console import note
from tetra_es_projections.queries.states import document_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tetra_es.events.metadata import Context
    from tetra_es.model.host import HostState
    from tetra_es.remote.facts import Facts
    from tetra_es.remote.transport import Transport
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.usecases.deployed import Comparison
    from tetra_es_cli.context.app import App

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


take_over_option = click.option(
    "--take-over", is_flag=True, help="Replace what another history put on the server."
)


def transports(
    app: App,
    environment: str,
    hosts: Sequence[str],
    *,
    local: bool,
    document: ConfigDocument | None = None,
    every: bool = False,
) -> list[Transport]:
    """Return how to reach each server of an environment.

    Those that it runs on, by what was recorded; where that is none, those of its TOML. With
    `document`, a TOML that is to be deployed, the other way round; with `every`, all of them.
    """
    if local and hosts:
        raise UsageError("--local and --to exclude each other")
    if local:
        return [Local()]
    if not hosts:
        hosts = serving_hosts(app, environment)
        if every:
            hosts = [*hosts, *_named_hosts(app, environment, document)]
        elif document is not None or not hosts:
            hosts = _named_hosts(app, environment, document) or hosts
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


def _named_hosts(app: App, environment: str, document: ConfigDocument | None) -> Sequence[str]:
    if document is None:
        with app.reading() as reader:
            document = document_at(reader, environment, None)
    return read_settings(document, environment).hosts


def serving_hosts(app: App, environment: str) -> list[str]:
    """Return the hosts that an environment runs on, by what was recorded."""
    with app.reading() as reader:
        rows = reader.views.hosts()
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


def check_ours(app: App, host: str, deployed: str | None, *, take_over: bool) -> None:
    """Refuse to replace what another history put on a server, unless that is wanted."""
    anchor = parse_anchor(deployed or "")
    if anchor is None or deployed is None or take_over:
        return
    with app.reading() as reader:
        ours = is_ours(reader.log, deployed)
    if not ours:
        raise Refused(
            f"{host} has event #{anchor[0]} of another history of {app.layout().root.name}",
            hint="find out who deploys there; --take-over replaces it",
        )


def compared(app: App, server: Server, environment: str) -> tuple[Facts, Comparison]:
    """Return what a server is like, and how its release is the one that our history says.

    Raises `TetraEsError` where it has none.
    """
    facts = server.inspect()
    with app.reading() as reader:
        return facts, compare(reader.log, environment, server.host, facts.current)


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

    def target(self) -> HostState:
        """Return the environment on the host, as it is recorded now."""
        with self._app.changing() as workspace:
            return workspace.session.history.host(self._environment, self._host)

    def units(self) -> list[str]:
        """Return the units of the deployment that the host serves, by what was recorded."""
        with self._app.reading() as reader:
            release = recorded_release(reader.log, self._environment, self._host)
        paths = release.files if release else ()
        return [path.rpartition("/")[2] for path in paths if path.endswith(".service")]

    def record(self, decide: Callable[[HostState, Context], object]) -> None:
        """Record what `decide` decides on the target."""
        with self._app.changing(reason=self._reason) as workspace:
            current = workspace.session

            def command() -> list[int]:
                target = current.history.host(self._environment, self._host)
                decide(target, current.context(current.organization()))
                saved = current.save(target)
                workspace.settle(saved)
                return [one.position for one in saved if one.position]

            self.positions += current.run(command)
