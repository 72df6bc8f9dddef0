"""Finding the events that REFs name, in the views; `ref_lookup` compares them with the events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.refs import CommitRef, PositionRef, RevisionRef, TimeRef

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.views import Views


def moment_of(views: Views, ref: Ref, environment: str) -> int:
    """Return the last position at which what `ref` names was the present state.

    A revision stands until the next one begins: what is set while it is the present one belongs
    to it. Every other REF stands for one moment.
    """
    if not isinstance(ref, RevisionRef):
        return position_of(views, ref)
    return views.states.end_of(environment, position_of(views, ref, environment))


def position_of(views: Views, ref: Ref, environment: str | None = None) -> int:
    """Return the position that a REF names.

    A time needs an environment: it means that environment's last state at or before it, or the
    last event of any where there is none. Raises `UsageError` or `TetraEsError` with what would
    be right.
    """
    match ref:
        case PositionRef():
            return _existing(views, ref)
        case RevisionRef():
            return _revision(views, ref, environment)
        case TimeRef():
            return _at_time(views, ref, environment)
        case CommitRef():
            return _commit(views, ref.prefix)


def _existing(views: Views, ref: PositionRef) -> int:
    if views.events.find(ref.position):
        return ref.position
    if ref.maybe_commit:
        return _commit(views, ref.maybe_commit)
    raise TetraEsError(
        f"there is no event #{ref.position}",
        hint=f"the events are #1 to #{views.events.last_position()}",
    )


def _revision(views: Views, ref: RevisionRef, environment: str | None) -> int:
    name = f"{ref.environment}@{ref.revision}"
    if environment is not None and ref.environment != environment:
        raise UsageError(
            f"{name} is a state of {ref.environment}, not of {environment}",
            hint=f"`tetra-es history {environment}` lists the states of {environment}",
        )
    position = views.states.position_of_revision(ref.environment, ref.revision)
    if position is not None:
        return position
    newest = views.states.find(ref.environment)
    raise TetraEsError(
        f"there is no {name}",
        hint=f"{ref.environment} has the revisions 1 to {newest.revision}"
        if newest
        else f"{ref.environment} has no state yet",
    )


def _at_time(views: Views, ref: TimeRef, environment: str | None) -> int:
    position = (
        views.states.newest_at(ref.moment, environment)
        if environment
        else views.events.newest_at(ref.moment)
    )
    if position is not None:
        return position
    first = views.states.first_time(environment) if environment else None
    raise TetraEsError(
        f"{environment or 'the organization'} had no state yet at {ref.moment}",
        hint=f"its first is of {first}" if first else "`tetra-es history` lists the events",
    )


def _commit(views: Views, prefix: str) -> int:
    positions = views.positions_of_commits(prefix)
    if len(positions) == 1:
        return positions[0]
    what = "is ambiguous" if positions else "is not a commit of the mirror"
    raise TetraEsError(f"{prefix} {what}", hint="`tetra-es history` lists the events")
