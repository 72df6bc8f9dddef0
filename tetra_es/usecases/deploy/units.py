"""The units of an environment on its servers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.usecases.deploy.hosts import all_of_it, that_run_it
from tetra_es.usecases.deploy.on_servers import OnServers
from tetra_es.usecases.deploy.recorded import require_deployed
from tetra_es.usecases.deploy.results import ask_each

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tetra_es.remote.server import Server
    from tetra_es.usecases.deploy.results import Answers


class UnitRow(NamedTuple):
    """A unit on a host, in systemd's own words; see `remote.facts.UnitState`."""

    host: str
    name: str
    load: str
    active: str
    sub: str
    enabled: str
    pid: int
    restarts: int
    since: str
    result: str
    memory: int
    stale: bool
    drop_ins: str


class Units(OnServers):
    """Works on the units of an environment, on its servers or on this machine."""

    def status(self) -> Answers[UnitRow]:
        """Return what systemd says of the units."""

        def ask(server: Server) -> Iterator[UnitRow]:
            for unit in server.status(self._of(server)):
                yield UnitRow(server.host, **asdict(unit))

        hosts = all_of_it(self._access, self._selection, self._known)
        return ask_each(self._access, self._environment, hosts, ask)

    def logs(self, lines: int, *, follow: bool) -> Generator[str, None, None]:
        """Yield the last lines of the units' journals, and with `follow` what comes after."""
        name = self._environment
        found = that_run_it(self._access, self._selection, self._known)
        if follow and len(found) > 1:
            raise UsageError(f"{name} has {len(found)} hosts: follow one of them with --to HOST")
        for transport in found:
            with self._access.open(transport, name) as server:
                yield from server.logs(self._of(server), lines, follow=follow)

    def _of(self, server: Server) -> tuple[str, ...]:
        return tuple(require_deployed(server, self._environment).units)
