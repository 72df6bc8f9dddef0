"""Finding the events that REFs name, in the views; `ref_lookup` compares them with the events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.refs import PREVIOUS, HashRef, PositionRef, RevisionRef, TimeRef, ref_text

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.tables.edited_table import EditedTable
    from tetra_es_projections.queries.tables.state_table import StateTable
    from tetra_es_projections.queries.views import Views


_COMMIT = 40
"""Digits of a commit's id."""


def moment_of(views: Views, ref: Ref, file: str | None = None) -> int:
    """Return the position that an answer as of a REF is of; `file` is what it should be of, if any.

    A revision stands until the next one begins, and an answer is as of its last moment: what is set
    or deployed while it is the present one belongs to it. Every other REF stands for one moment.
    """
    if not isinstance(ref, RevisionRef):
        return position_of(views, ref)
    position, file = position_of(views, ref, file), file_of(views, ref, file)
    return views.revisions_of(file).end_of(file, position)


def position_of(views: Views, ref: Ref, file: str | None = None) -> int:
    """Return the position that a REF names.

    A time names the newest event that counts then, by effective times, and with a file, which is an
    environment, `manifest` or `profile ENV`, the revision that the file had after that. Raises
    `UsageError` or `TetraEsError` with what would be right.
    """
    match ref:
        case PositionRef():
            return _existing(views, ref)
        case RevisionRef():
            return _revision(views, ref, file)
        case TimeRef():
            return _at_time(views, ref, file)
        case HashRef():
            return _hash(views, ref.prefix)


def file_of(views: Views, ref: RevisionRef, file: str | None = None) -> str:
    """Return what a revision is of: `profile@3` says so only where one profile has a third one.

    `file` is the one that it should be of. Raises `UsageError` where it is of another, or unclear.
    """
    named = ref.environment
    if named == "profile":
        if file is not None and file.startswith("profile "):
            return file
        having = [f"profile {name}" for name in views.edited.profiles()]
        having = [one for one in having if _find(views, one, ref.revision) is not None]
        if len(having) > 1:
            raise UsageError(
                f"{ref_text(ref)}: which environment's profile?",
                hint=f"{' or '.join(repr(f'{one}@{ref.revision}') for one in having)}",
            )
        named = having[0] if having else named
    if file is not None and named != file:
        raise UsageError(
            f"{ref_text(ref)} is a state of {named}, not of {file}",
            hint=f"`tetra-es history {file}` lists the states of {file}",
        )
    return named


def _existing(views: Views, ref: PositionRef) -> int:
    if views.events.find(ref.position):
        return ref.position
    if ref.maybe_hash:
        return _hash(views, ref.maybe_hash)
    raise TetraEsError(
        f"there is no event #{ref.position}",
        hint=f"{_as_date(str(ref.position))}the events are #1 to #{views.events.last_position()}",
    )


def _as_date(digits: str) -> str:
    """Return how digits that may be meant as a date or a month are written, to begin a hint."""
    match = re.fullmatch(r"(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])?", digits)
    if match is None:
        return ""
    return f"the date is written {match[1]}-{match[2]}-{match[3] or '01'}; "


def _revision(views: Views, ref: RevisionRef, wanted: str | None) -> int:
    file = file_of(views, ref, wanted)
    position = _find(views, file, ref.revision)
    if position is not None:
        return position
    newest = None if file == "profile" else views.revisions_of(file).find(file)
    raise TetraEsError(
        f"there is no {ref_text(ref)}",
        hint=_revisions(file, newest.revision) if newest else f"{file} has no state yet",
    )


def _revisions(file: str, newest: int) -> str:
    return (
        f"{file} has the revisions 1 to {newest}" if newest > 1 else f"{file} has revision 1 only"
    )


def _find(views: Views, file: str, revision: int) -> int | None:
    """Return the position of a revision, None where there is no such."""
    table = views.revisions_of(file)
    if revision != PREVIOUS:
        return None if file == "profile" else table.position_of_revision(file, revision)
    newest = None if file == "profile" else table.find(file)
    return table.position_of_revision(file, newest.revision - 1) if newest else None


def _at_time(views: Views, ref: TimeRef, file: str | None) -> int:
    table = views.revisions_of(file) if file else None
    position = views.events.newest_at(ref.moment)
    if position is not None and table and file:
        position = _revision_at(views, table, file, position, ref.moment)
    if position is not None:
        return position
    first = table.first_time(file) if table and file else None
    raise TetraEsError(
        f"{file or 'the organization'} had no state yet at {ref.moment}",
        hint=f"its first state is from {first}" if first else "`tetra-es history` lists the events",
    )


def _revision_at(
    views: Views, table: StateTable | EditedTable, file: str, position: int, moment: str
) -> int | None:
    """Return the position of the revision that a file had at a time, None where it had none.

    After the event at `position`. In what an organization begins with, imported states count from
    their own times, and the rest from later ones.
    """
    _, era = views.events.effective(position)
    found = table.find(file, position)
    while found and era == 0 and views.events.effective(found.position)[0] > moment:
        found = table.find(file, found.position - 1)
    return found.position if found else None


def _newest_purge(views: Views) -> int | None:
    """Return the newest event that made commits again, None where none did."""
    positions = views.events.of_topics(("bodies.purged", "secret.purged"), 2**62)
    return max(positions, default=None)


def _hash(views: Views, prefix: str) -> int:
    positions = {*views.positions_of_hashes(prefix), *views.positions_of_commits(prefix)}
    if len(positions) == 1:
        return positions.pop()
    what = "is ambiguous" if positions else "is neither the hash of an event nor its commit"
    if not positions and len(prefix) <= _COMMIT and (purge := _newest_purge(views)):
        raise TetraEsError(
            f"{prefix} {what}: it may have been that before the purge #{purge}",
            hint=f"`tetra-es event {purge}` tells of it: commits get new ids by a purge, while "
            "positions and hashes of events stay",
        )
    raise TetraEsError(
        f"{prefix} {what}", hint=f"{_as_date(prefix)}`tetra-es history` lists the events"
    )
