"""What is done by hand on the servers of an environment: done, then recorded as an event each."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from tetra_es.errors import TetraEsError
from tetra_es.release.release import HealthSettings
from tetra_es.release.settings import read_settings
from tetra_es.remote.errors import StepFailed
from tetra_es.usecases.deploy.desired_state import check_deployable
from tetra_es.usecases.deploy.hosts import named_hosts, select
from tetra_es.usecases.deploy.journal import HostJournal
from tetra_es.usecases.deploy.recorded import require_deployed
from tetra_es.usecases.deploy.request import command_on
from tetra_es.usecases.happened.not_recorded import NotRecorded
from tetra_es.usecases.may import check_may

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.release.release import Service
    from tetra_es.remote.server import Server
    from tetra_es.remote.transport import Transport
    from tetra_es.usecases.deploy.access import Access
    from tetra_es.usecases.deploy.listener import ServerListener
    from tetra_es.usecases.deploy.request import HostSelection
    from tetra_es.usecases.unit_of_work import UnitOfWork
    from tetra_es.usecases.workspace import Workspace

Verb: TypeAlias = Literal["enable", "disable", "start", "stop", "restart"]
"""What systemd can be told to do with units."""

DONE: Final[dict[Verb, str]] = {
    "enable": "enabled",
    "disable": "disabled",
    "start": "started",
    "stop": "stopped",
    "restart": "restarted",
}
"""Verb to the word of its event."""


class Told(NamedTuple):
    """What systemd on a host was told."""

    host: str
    units: tuple[str, ...]


class Operations:
    """Operations on the hosts of one open organization."""

    def __init__(self, workspace: Workspace, access: Access, listener: ServerListener) -> None:
        self._workspace = workspace
        self._access = access
        self._listener = listener

    def tell(self, selection: HostSelection, verb: Verb) -> Iterator[Told]:
        """Have systemd do something with the units, on one host after the other.

        Each is recorded when it is done. Raises `Refused`, before anything is done, for a signer
        who may not deploy there.
        """
        name = selection.environment
        self._workspace.look(lambda work: check_may(work, f"deploy:{name}"))
        self._workspace.send_waiting()
        for transport in self._hosts(selection):
            journal = HostJournal(self._workspace, name, transport.host)
            with self._access.locked(transport, name) as server:
                current = require_deployed(server, name)
                units = tuple(current.units)
                try:
                    server.daemon(verb, units)
                except StepFailed as error:  # nothing was deployed, so no deployment failed
                    for line in error.journal:
                        self._listener.logged(line)
                    raise TetraEsError(f"{server.host}: {error.reason}", hint=error.hint) from error
                journal.note(DONE[verb])
                try:
                    journal.send()
                except NotRecorded as error:
                    raise TetraEsError(
                        f"{server.host}: the units are {DONE[verb]}, but that could not be "
                        f"recorded: {error.message}",
                        hint=error.hint,
                    ) from error
                if self._is_undone(name, verb):
                    self._listener.not_for_long(server.host, verb, units, name)
                if verb in ("start", "restart"):
                    self._wait_until_healthy(server, name, current.services)
                yield Told(server.host, units)
        self._workspace.catch_up()

    def _is_undone(self, name: str, verb: Verb) -> bool:
        """Return whether a deployment of the present state would do the opposite."""
        if verb not in ("enable", "disable"):
            return False
        wanted = self._workspace.look(lambda work: _starts_at_boot(work, name))
        return wanted is not None and wanted != (verb == "enable")

    def _wait_until_healthy(self, server: Server, name: str, services: Sequence[Service]) -> None:
        """Ask the services until all are healthy. Raises `TetraEsError` at `health.deadline`."""
        document = self._workspace.look(lambda work: work.environment(name).document)
        values = document.values.get("health", {})
        check = HealthSettings(
            deadline=values.get("deadline", HealthSettings.deadline),
            timeout=values.get("timeout", HealthSettings.timeout),
        )
        end = time.monotonic() + check.deadline
        while True:
            answers = server.health(services, check.timeout)
            sick = next((one for one in answers if not one.healthy), None)
            if sick is None:
                return
            if time.monotonic() >= end:
                logs = command_on(server.host, "daemon", "logs", name)
                raise TetraEsError(
                    f"{sick.service} on {server.host} is not healthy: {sick.status}",
                    hint=f"`{logs}` shows what it says",
                )
            time.sleep(check.interval)

    def _hosts(self, selection: HostSelection) -> list[Transport]:
        name = selection.environment

        def named_by(work: UnitOfWork) -> Sequence[str]:
            # One that the organization has no longer may still run somewhere, as is recorded then.
            check_deployable(work, name)
            return named_hosts(name, work.environment(name).document)

        return select(
            self._access,
            selection,
            lambda: self._workspace.serving_hosts(name) or self._workspace.look(named_by),
        )


def _starts_at_boot(work: UnitOfWork, name: str) -> bool | None:
    """Return whether units start at boot by the present state; None where nobody deploys that."""
    with suppress(TetraEsError):
        check_deployable(work, name)
        return read_settings(work.environment(name).document, name).auto_start
    return None
