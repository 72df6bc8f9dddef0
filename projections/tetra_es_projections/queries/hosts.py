"""What ran where, now or at a moment: as configured, and as running.

One machine is one host, whatever names it was deployed to by: servers tell their machine id.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.names import LOCALHOST
from tetra_es.refs import TimeRef
from tetra_es_projections.queries.environments import known_environments
from tetra_es_projections.queries.refs import moment_of, position_of
from tetra_es_projections.queries.secrets import secrets_at_position
from tetra_es_projections.queries.states import document_at
from tetra_es_projections.queries.tables.host_table import NOW, Moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.host_table import (
        DeploymentRow,
        HostTable,
        OperationRow,
    )


REMOVAL = "removal"
"""What a deployment is that removes everything."""


class LeftOut(NamedTuple):
    """A host without the deployment that others of its environment have."""

    environment: str
    host: str
    has: str | None
    """What it runs, None where nothing was ever deployed there."""
    newest: str
    """What the others run, such as `dev@8`."""


class HostAt(NamedTuple):
    """An environment on a host at a moment."""

    environment: str
    host: str
    names: list[str]
    """All that this machine was deployed to by, the one that was used last first."""
    machine: str | None
    """Its machine id, where it was told."""
    configured: str | None
    """The state that the environment had, such as `dev@8`."""
    running: str | None
    """The state that the host had, None for nothing."""
    revision: int | None
    """The number of that state."""
    behind: int | None
    """Revisions of the environment since that one."""
    state: str
    """`running`, `stopped`, or `nothing`; with `under way` while a deployment is."""
    stopped: list[str]
    """The services that somebody stopped, where not all were."""
    since: str | None
    actor: str | None
    """Who deployed what runs."""
    reason: str | None
    deployment: str | None
    event: int | None
    """The event with which that deployment began."""
    runner: str | None
    code: Mapping[str, Any] | None
    secrets: list[dict[str, Any]]
    """`key` and `version` of each that the services have; `recorded` is the version of then."""
    newest: dict[str, Any]
    """How the last attempt ended: `event`, `what`, `outcome`, `time`, `actor`, `step`, `cause`."""
    changed: dict[str, Any] | None
    """What was done by hand last, since then: `event`, `what`, `time`, `actor`, `reason`."""

    @property
    def outdated(self) -> list[str]:
        """The secrets of which the services have another version, or that were removed."""
        return [each["key"] for each in self.secrets if each["recorded"] != each["version"]]


def moment_of_ref(reader: Reader, ref: Ref | None) -> Moment:
    """Return the moment that a REF names: what is after it does not count."""
    if ref is None:
        return NOW
    if isinstance(ref, TimeRef):
        return Moment(position_of(reader.views, ref), ref.moment)
    return Moment(moment_of(reader.views, ref), None)


def hosts_at(reader: Reader, moment: Moment = NOW) -> list[HostAt]:
    """Return the hosts that anything was deployed to, by environment and host."""
    machines = _machines(reader.views.hosts, moment)
    secrets = {
        name: secrets_at_position(reader, name, moment.position)
        for name in {same[0].environment for same in machines}
    }
    rows = [_row(reader, moment, same, secrets[same[0].environment]) for same in machines]
    order = known_environments(reader, moment.position) if len(secrets) > 1 else []
    return sorted(rows, key=lambda row: (_rank(order, row.environment), row.host))


def on_host(rows: Sequence[HostAt], host: str | None) -> list[HostAt]:
    """Return the rows of one machine, by any of its names; all of them for None.

    Raises `UsageError` where nothing was deployed to that one.
    """
    found = [row for row in rows if host is None or host in row.names]
    if host is not None and not found:
        names = sorted({name for row in rows for name in row.names})
        listed = f"the hosts are {', '.join(names)}" if names else "nothing was deployed then"
        raise UsageError(f"nothing was deployed to {host}", hint=listed)
    return found


def serving_hosts(table: HostTable, environment: str) -> list[str]:
    """Return the hosts that an environment runs on, each by the name used last.

    Not this machine itself.
    """
    found = []
    for same in _machines(table, NOW):
        kept = _kept(same)
        names = [each.host for each in same if each.host != LOCALHOST]
        if same[0].environment == environment and names and kept and kept.revision:
            found.append(names[0])
    return sorted(found)


def names_of(
    table: HostTable, environment: str, host: str, machine: str | None = None
) -> list[str]:
    """Return all names of a host that an environment was deployed to; nothing where none was.

    `machine` is the id that it tells, where it was asked.
    """
    for same in _machines(table, NOW):
        names = [each.host for each in same]
        if same[0].environment == environment and (
            host in names or (machine is not None and machine == same[0].machine)
        ):
            return names
    return []


def deployed_hosts(table: HostTable) -> dict[str, list[str]]:
    """Return all names of hosts that each environment was deployed to, but for those forgotten."""
    found: dict[str, list[str]] = {}
    for same in _machines(table, NOW):
        found.setdefault(same[0].environment, []).extend(each.host for each in same)
    return {environment: sorted(names) for environment, names in found.items()}


def _machines(table: HostTable, moment: Moment) -> list[list[_Host]]:
    """Return what stands for one machine each, the name that was used last first."""
    machines: dict[tuple[str, str], list[_Host]] = {}
    for environment, host in table.pairs():
        found = _Host(
            environment,
            host,
            table.deployments(environment, host, moment),
            table.operations(environment, host, moment),
        )
        if found.is_known:
            key = found.machine or f"name {host}"
            machines.setdefault((environment, key), []).append(found)
    for same in machines.values():
        same.sort(key=lambda each: each.newest.event, reverse=True)
    return list(machines.values())


def _kept(same: Sequence[_Host]) -> DeploymentRow | None:
    """Return the deployment that a machine kept last, under whatever name."""
    kept = [each.kept for each in same if each.kept]
    return max(kept, key=lambda one: one.event, default=None)


def left_out(reader: Reader, rows: Sequence[HostAt]) -> list[LeftOut]:
    """Return the hosts that do not run what was deployed to others last, and those without any.

    Of environments that run somewhere: one that was never deployed has left nobody out.
    """
    found: list[LeftOut] = []
    for environment in dict.fromkeys(row.environment for row in rows):
        there = [row for row in rows if row.environment == environment]
        newest = max((row for row in there if row.event), key=_revision, default=None)
        if newest is None or newest.running is None:
            continue
        behind = [row for row in there if row.running and _revision(row) < _revision(newest)]
        found += [LeftOut(environment, row.host, row.running, newest.running) for row in behind]
        known = {name for row in there for name in row.names}
        missing = [host for host in _named(reader, environment) if host not in known]
        found += [LeftOut(environment, host, None, newest.running) for host in missing]
    return found


def _revision(row: HostAt) -> int:
    return row.revision or 0


def _named(reader: Reader, environment: str) -> Sequence[str]:
    """Return the hosts that the present TOML of an environment names; none where it is wrong."""
    from tetra_es.release.settings import read_settings

    with suppress(TetraEsError):
        return read_settings(document_at(reader, environment, None), environment).hosts
    return ()


def _rank(order: Sequence[str], environment: str) -> tuple[int, str]:
    return (order.index(environment) if environment in order else len(order), environment)


class _Host:
    """An environment on what one name stands for."""

    def __init__(
        self,
        environment: str,
        host: str,
        deployments: Sequence[DeploymentRow],
        operations: Sequence[OperationRow],
    ) -> None:
        """Both are newest first, and none is after the moment."""
        self.environment, self.host = environment, host
        self.operations = operations
        forgotten = next((one.event for one in operations if one.word == "forgotten"), 0)
        self.deployments = [one for one in deployments if one.event > forgotten]

    @property
    def is_known(self) -> bool:
        return bool(self.deployments)

    @property
    def newest(self) -> DeploymentRow:
        return self.deployments[0]

    @property
    def machine(self) -> str | None:
        return next((one.machine for one in self.deployments if one.machine), None)

    @property
    def kept(self) -> DeploymentRow | None:
        """The deployment that was kept last."""
        return next((one for one in self.deployments if one.outcome == "serving"), None)


def _row(reader: Reader, moment: Moment, same: list[_Host], secrets: Mapping[str, int]) -> HostAt:
    """Return the row of one machine, by all its names."""
    kept = _kept(same)
    environment = same[0].environment
    configured = reader.views.states.find(environment, moment.position)
    serving = kept if kept and kept.revision else None
    operations = sorted(
        (one for each in same for one in each.operations if kept and one.event > kept.event),
        key=lambda one: one.event,
    )
    stopped, services = _stopped(operations)
    newest = same[0].newest
    state = "nothing" if serving is None else "stopped" if stopped else "running"
    by_hand = [one for one in operations if one.word != "uninstalled"]
    return HostAt(
        environment=environment,
        host=same[0].host,
        names=[each.host for each in same],
        machine=same[0].machine,
        configured=f"{environment}@{configured.revision}" if configured else None,
        running=f"{environment}@{serving.revision}" if serving else None,
        revision=serving.revision if serving else None,
        behind=configured.revision - serving.revision if configured and serving else None,
        state=state if newest.outcome != "under way" else f"{state}, under way",
        stopped=services,
        since=kept.ended_time if kept else None,
        actor=serving.actor if serving else None,
        reason=serving.reason if serving else None,
        deployment=serving.deployment if serving else None,
        event=serving.event if serving else None,
        runner=serving.runner if serving else None,
        code=json.loads(serving.code) if serving and serving.code else None,
        secrets=[
            {"key": key, "version": version, "recorded": secrets.get(key)}
            for key, version in (json.loads(serving.secrets) if serving else ())
        ],
        newest={
            "event": newest.event,
            "ended": newest.ended,
            "deployment": newest.deployment,
            "what": f"{environment}@{newest.revision}" if newest.revision else REMOVAL,
            "outcome": newest.outcome,
            "time": newest.ended_time or newest.time,
            "actor": newest.actor,
            "step": newest.step or None,
            "cause": newest.cause or None,
            "observed": bool(newest.observed),
        },
        changed=_changed(by_hand[-1]) if by_hand else None,
    )


def _stopped(operations: Sequence[OperationRow]) -> tuple[bool, list[str]]:
    """Return whether all services are stopped, and which are where not all are."""
    everything, some = False, set[str]()
    for one in operations:
        services = json.loads(one.services)
        if one.word == "stopped":
            everything, some = (True, set()) if not services else (everything, some | {*services})
        elif one.word in ("started", "restarted"):
            everything, some = (False, set()) if not services else (everything, some - {*services})
    return everything, sorted(some)


def _changed(one: OperationRow) -> dict[str, Any]:
    return {
        "event": one.event,
        "what": one.word,
        "time": one.time,
        "actor": one.actor,
        "reason": one.reason,
    }
