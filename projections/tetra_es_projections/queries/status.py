"""How an organization stands: what is edited, drifted, promoted, deployed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from tetra_es.gate.pins.bases import Bases
from tetra_es.layout import is_edited
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es_projections.queries.behind import changed_since
from tetra_es_projections.queries.environments import environments_there
from tetra_es_projections.queries.hosts import REMOVAL, hosts_at, left_out, moment_of_ref
from tetra_es_projections.working_files import changed_files

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.hosts import HostAt, LeftOut
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.state_table import StateRow
    from tetra_es_projections.working_files import Change


class FileStatus(NamedTuple):
    """A projected file that is not as recorded."""

    path: str
    kind: Literal["unrecorded", "drift", "missing", "unreadable"]
    """An edited file that somebody changed, a generated one, one that is gone or cannot be read."""
    problem: str = ""
    """Why it cannot be read."""
    remedy: str = ""
    """What to do about that."""


class EnvironmentStatus(NamedTuple):
    """The present state of an environment."""

    environment: str
    revision: int
    """0 for none."""
    state: str
    event: int | None
    source_revision: int | None
    behind: int | None
    """Revisions of the source of truth since."""
    source: str | None
    time: str | None
    changed_since: list[str]
    """`profile` and `manifest`, those by which promoting would give it other values."""


class RemovedEnvironment(NamedTuple):
    """An environment that is not in the manifest any more; its history stays."""

    environment: str
    revision: int
    event: int
    """That of its newest state."""


class HostStatus(NamedTuple):
    """What runs on a host, and how its newest deployment ended."""

    environment: str
    host: str
    revision: int | None
    running: str
    since: str | None
    deployment: str
    outcome: str
    newest: str
    event: int
    names: list[str]
    """All that this machine was deployed to by."""
    state: str
    """`running`, `stopped` or `nothing`; with `under way` while a deployment is."""
    behind: int | None
    """Revisions of the environment since what runs."""
    outdated: list[str]
    """Secrets that have a newer version than the services."""
    actor: str | None
    """Who deployed what runs."""


@dataclass
class OrganizationStatus:
    """How an organization stands."""

    org: str
    folder: str
    events: int
    void: list[int] = field(default_factory=list)
    """Positions of the events that changed nothing, being void."""
    unrecorded: list[str] = field(default_factory=list)
    typed_on: dict[str, int] = field(default_factory=dict)
    """Those that were typed on an older revision, each with an event that it is as of."""
    drift: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unreadable: list[FileStatus] = field(default_factory=list)
    environments: list[EnvironmentStatus] = field(default_factory=list)
    removed: list[RemovedEnvironment] = field(default_factory=list)
    """What `env rm` took out of the manifest, and has states."""
    servers: list[HostStatus] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    """Hosts without the deployment that others of their environment have."""


def organization_status(reader: Reader, ref: Ref | None = None) -> OrganizationStatus:
    """Return how the organization stands, files in its folder included; or stood at a REF."""
    root = reader.layout.root
    moment = moment_of_ref(reader, ref)
    if ref is not None:
        rows = hosts_at(reader, moment)
        return OrganizationStatus(
            root.name,
            str(root),
            moment.position,
            void=[one for one in reader.views.events.all_void() if one <= moment.position],
            environments=environment_rows(reader, moment.position),
            removed=removed_environments(reader, moment.position),
            servers=[host_row(row) for row in rows],
        )
    found = OrganizationStatus(root.name, str(root), reader.log.last_position())
    paths = {"unrecorded": found.unrecorded, "drift": found.drift, "missing": found.missing}
    for file in file_rows(reader):
        if file.kind == "unreadable":
            found.unreadable.append(file)
        else:
            paths[file.kind].append(file.path)
    found.typed_on = _typed_on(reader, found.unrecorded)
    found.void = reader.views.events.all_void()
    found.environments = environment_rows(reader)
    found.removed = removed_environments(reader)
    rows = hosts_at(reader, moment)
    found.servers = [host_row(row) for row in rows]
    found.left_out = left_out(reader, rows)
    return found


def file_rows(reader: Reader) -> list[FileStatus]:
    """Return the files that are not as recorded, by path."""
    return [
        _file(change) for change in changed_files(reader.layout.root, reader.views.file_digests())
    ]


def _typed_on(reader: Reader, paths: list[str]) -> dict[str, int]:
    """Return the files that were typed on an older revision than the newest, as far as is known."""
    state = reader.log.state_folder() if paths else None
    if state is None:
        return {}
    bases, newest = Bases(state, reader.layout.root).all(), reader.views.file_digests()
    return {
        path: bases[path].position
        for path in paths
        if path in bases and bases[path].digest != newest.get(path)
    }


def _file(change: Change) -> FileStatus:
    if change.problem:
        problem = change.problem
        return FileStatus(change.path, "unreadable", problem.message, problem.hint or "")
    if change.missing:
        return FileStatus(change.path, "missing")
    return FileStatus(change.path, "unrecorded" if is_edited(change.path) else "drift")


def environment_rows(reader: Reader, position: int | None = None) -> list[EnvironmentStatus]:
    """Return the environments of the manifest, with their states at a position, or now."""
    states = reader.views.states
    source = states.find(SOURCE_OF_TRUTH, position)
    newest = source.revision if source else 0
    found = []
    for name in environments_there(reader, position):
        state = states.find(name, position)
        generated = state is not None and state.source_revision is not None
        since = changed_since(reader, state, position) if state and generated else []
        found.append(_environment(name, state, newest, since))
    return found


def removed_environments(reader: Reader, position: int | None = None) -> list[RemovedEnvironment]:
    """Return what had states and is not in the manifest, at a position, or now."""
    states, configured = reader.views.states, environments_there(reader, position)
    found = (states.find(name, position) for name in states.environments())
    return [
        RemovedEnvironment(state.environment, state.revision, state.position)
        for state in found
        if state is not None and state.environment not in configured
    ]


def host_row(row: HostAt) -> HostStatus:
    """Return what runs on a host, in words too."""
    newest = row.newest
    event = newest["event"]  # which `hosts` and `history` have, too
    removed = newest["what"] == REMOVAL and newest["outcome"] == "serving"
    return HostStatus(
        environment=row.environment,
        host=row.host,
        revision=row.revision,
        running=row.running or "nothing",
        since=row.since,
        deployment=newest["deployment"],
        outcome=newest["outcome"],
        newest=f"removed (#{event})"
        if removed
        else f"{newest['what']} {newest['outcome']} (#{event})",
        event=event,
        names=row.names,
        state=row.state,
        behind=row.behind,
        outdated=row.outdated,
        actor=row.actor,
    )


def _environment(
    name: str, state: StateRow | None, newest: int, since: list[str]
) -> EnvironmentStatus:
    if state is None:
        return EnvironmentStatus(name, 0, "never promoted", None, None, None, None, None, [])
    revision = state.source_revision
    behind = None if revision is None else newest - revision
    return EnvironmentStatus(
        environment=name,
        revision=state.revision,
        state=f"{name}@{state.revision}",
        event=state.position,
        source_revision=revision,
        behind=behind,
        source=None if revision is None else _source(revision, behind or 0, since),
        time=state.time,
        changed_since=since,
    )


def _source(revision: int, behind: int, since: list[str]) -> str:
    said = [f"{behind} behind"] if behind else []
    if since:
        said.append(f"{'' if behind else 'behind: '}{' and '.join(since)} changed")
    return f"{SOURCE_OF_TRUTH}@{revision}" + (f" ({', '.join(said)})" if said else "")
