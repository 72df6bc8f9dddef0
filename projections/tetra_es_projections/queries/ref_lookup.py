"""REFs for those who decide: what the views answer is compared with the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.events.config import ORG_STREAM, ManifestEdited, OrganizationCreated, ProfileEdited
from tetra_es.log import canonical
from tetra_es.model.environment import environment_stream
from tetra_es.refs import PREVIOUS, HashRef, PositionRef, RevisionRef, TimeRef, ref_text
from tetra_es_projections.queries.refs import file_of, position_of
from tetra_es_projections.queries.views import Views
from tetra_es_projections.views.database import REBUILD
from tetra_es_projections.views.timeline import Counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es.refs import Ref


_TOPICS: Final = {
    "manifest": (OrganizationCreated.TOPIC, ManifestEdited.TOPIC),
    "profile": (ProfileEdited.TOPIC,),
}
"""First word of a file to the events that have its text; those of others are states."""


class RefLookup:
    """Looks up REFs in the views at a path, which it opens for each question."""

    def __init__(
        self,
        views: Path,
        log: Replica | None = None,
        event_of: Callable[[str], tuple[int, str] | None] | None = None,
    ) -> None:
        """Without a log the views are believed.

        `event_of` returns position and hash of the event that a commit says it is of.
        """
        self._views = views
        self._log = log
        self._event_of = event_of

    def position_of(self, ref: Ref, file: str | None = None) -> int:
        """Return the position of the event that `ref` names; see `refs.position_of`.

        Views that have other events than the log, as while others record, are not asked: the events
        alone say it. Raises `IntegrityFailure` where views of the same events say something else.
        """
        problem: TetraEsError | None = None
        with Views(self._views) as views:
            reached, position, commit = views.hold(), 0, None
            if isinstance(ref, RevisionRef):
                file = file_of(views, ref, file)
            try:
                position = position_of(views, ref, file)
                commit = views.commit(position)
            except TetraEsError as error:
                problem = error
        if problem is None and (
            self._log is None or self._is_right(self._log, ref, file, position, commit)
        ):
            return position
        if self._log is not None and reached != self._log.last_position():
            found = _position_by_events(self._log, ref, file)
            if found is not None:
                return found
            problem = problem or _moved(ref)
        raise problem or _unlike(position)

    def moment_of(self, ref: Ref, environment: str) -> int:
        """Return the last position at which what `ref` names was the present state.

        Raises as `position_of` does.
        """
        if not isinstance(ref, RevisionRef):
            return self.position_of(ref)
        position = self.position_of(ref, environment)
        with Views(self._views) as views:
            reached, moment = views.hold(), views.states.end_of(environment, position)
        if self._log is None:
            return moment
        end = _end_of(self._log, position)
        if moment != end and reached == self._log.last_position():
            raise _unlike(moment)
        return end

    def _is_right(
        self, log: Replica, ref: Ref, file: str | None, position: int, commit: str | None
    ) -> bool:
        record = log.record(position)
        if record is None:
            return False
        if isinstance(ref, RevisionRef):
            return file is not None and _is_revision(log, record, file, ref.revision)
        if isinstance(ref, TimeRef):
            return position == _newest_at(log, ref.moment, file)
        if isinstance(ref, PositionRef) and ref.position == position:
            return True
        prefix = ref.prefix if isinstance(ref, HashRef) else ref.maybe_hash or "-"
        if record.hash.hex().startswith(prefix):
            return True
        if commit is None or self._event_of is None:
            return False
        return self._event_of(commit) == (position, record.hash.hex())


def _position_by_events(log: Replica, ref: Ref, file: str | None) -> int | None:
    """Return the position of the event that a REF names, by the events alone; None for none."""
    if isinstance(ref, RevisionRef):
        return _revision(log, file or ref.environment, ref.revision)
    if isinstance(ref, TimeRef):
        return _newest_at(log, ref.moment, file)
    if isinstance(ref, PositionRef) and log.record(ref.position):
        return ref.position
    prefix = ref.prefix if isinstance(ref, HashRef) else ref.maybe_hash
    if not prefix:
        return None
    found = [each.position for each in log.records() if each.hash.hex().startswith(prefix)]
    return found[0] if len(found) == 1 else None


def _revision(log: Replica, file: str, number: int) -> int | None:
    """Return the position of the revision of a file with a number, or of the one before last."""
    following = _revisions(log, file)
    if number == PREVIOUS:
        next(following, None)
        return next((position for position, _ in following), None)
    return next((position for position, each in following if each == number), None)


def _is_revision(log: Replica, record: Record, file: str, number: int) -> bool:
    """Return whether an event made the revision of a file with a number, or the one before last."""
    if number == PREVIOUS or file.partition(" ")[0] in _TOPICS:
        return _revision(log, file, number) == record.position
    valid = log.void(record.position) is None
    named = (record.stream, _state(record).get("revision"))
    return valid and named == (environment_stream(file), number)


def _newest_at(log: Replica, moment: str, file: str | None) -> int | None:
    """Return the newest event that counts at a time, or the revision that a file had after it.

    All events are counted: no row of the views is believed.
    """
    counting, newest, era = Counting(log), None, None
    later: set[int] = set()
    for record in log.records():
        counted = counting.take(record)
        if counted.time <= moment:
            newest = record.position
            era = counted.since
        elif counted.reached.founding:
            later.add(record.position)
    if file is None or newest is None:
        return newest
    found = (each for each, _ in _revisions(log, file) if each <= newest)
    return next((each for each in found if era != 0 or each not in later), None)


def _revisions(log: Replica, file: str) -> Iterator[tuple[int, int]]:
    """Yield position and number of the revisions of a file, the newest first."""
    kind, _, environment = file.partition(" ")
    topics = _TOPICS.get(kind, ())
    stream = ORG_STREAM if topics else environment_stream(file)
    for record in log.of_stream(stream, descending=True):
        if (not topics or record.topic in topics) and log.void(record.position) is None:
            state = _state(record)
            if not topics or state.get("environment", "") == environment:
                yield record.position, int(state.get("revision", 1))


def _end_of(log: Replica, position: int) -> int:
    """Return the last position at which the state that an event made was present."""
    record = log.record(position)
    later: Iterator[Record] = iter(())
    if record is not None:
        later = log.of_stream(record.stream, from_version=record.version + 1)
    ends = (one.position - 1 for one in later if log.void(one.position) is None)
    return next(ends, log.last_position())


def _state(record: Record) -> dict[str, Any]:
    return canonical.decode(record.state)


def _moved(ref: Ref) -> TetraEsError:
    return TetraEsError(
        f"{ref_text(ref)} was recorded while this command looked for it",
        hint="run the same command again",
    )


def _unlike(position: int) -> IntegrityFailure:
    return IntegrityFailure(
        f"the views lead to event #{position}, and the events do not", hint=REBUILD
    )
