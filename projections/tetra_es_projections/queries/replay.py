"""What an environment would be now, had one event not been recorded. Nothing is recorded here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.events.config import (
    EnvironmentImported,
    EnvironmentPromoted,
    EnvironmentRolledBack,
    EnvironmentState,
    ManifestEdited,
    ProfileEdited,
    source_revision_of,
)
from tetra_es.log.replica import Purged, valid_events
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.refs import moment_of, position_of
from tetra_es_projections.queries.regenerated import Promotion, promoted_again
from tetra_es_projections.queries.replayed_changes import before_changes, changed_again
from tetra_es_projections.queries.replayed_files import (
    Doubt,
    Files,
    Outcome,
    brought_back,
    edited_again,
)

if TYPE_CHECKING:
    from tetra_es.events.base import Event
    from tetra_es.refs import Ref
    from tetra_es.toml.document import ConfigDocument
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow

_TOPICS = (
    *("manifest.edited", "profile.edited", "environment.created", "environment.edited"),
    *("environment.imported", "environment.promoted", "environment.rolled_back"),
)
_Text = EnvironmentState | ManifestEdited | ProfileEdited


class Replayed(NamedTuple):
    """An environment as it is, and as it would be without an event."""

    environment: str
    state: str
    """The state that it has, such as `dev@8`."""
    without: EventRow
    recorded: ConfigDocument
    would_be: ConfigDocument | None
    """None where it would have no state."""
    doubts: list[Doubt]
    """Things that are not known, or were chosen, oldest first."""


def replay(reader: Reader, environment: str, without: Ref, ref: Ref | None = None) -> Replayed:
    """Return what an environment would be now, or at a REF, had an event not been recorded.

    Later edits are done again by key, promotions by the rules that they carry, and rollbacks bring
    back what the state that they named would be. Raises `UsageError` for an unknown environment and
    for an event that gave no file another text, `TetraEsError` where a text was purged.
    """
    require_environment(reader, environment)
    left_out = _left_out(reader, environment, position_of(reader.views, without))
    upto = None if ref is None else moment_of(reader.views, ref, environment)
    state = reader.views.states.find(environment, upto)
    if state is None:
        raise TetraEsError(
            f"{environment} has no state" + (" there" if ref else " yet"),
            hint=f"`tetra-es history {environment}` lists its states",
        )
    again = _Again(reader, environment, left_out.event)
    records = reader.log.of_topics(_TOPICS, state.position)
    for record, event in valid_events(
        reader.log, (each for each in records if each.position >= left_out.event)
    ):
        if isinstance(event, _Text):
            again.do(record.position, event)
    recorded = again.files.recorded(environment, state.revision)
    assert recorded is not None  # noqa: S101 - it is the state's
    return Replayed(
        environment=environment,
        state=f"{environment}@{state.revision}",
        without=left_out,
        recorded=recorded,
        would_be=again.files.replayed(environment, state.revision),
        doubts=again.doubts,
    )


def can_be_left_out(reader: Reader, file: str, position: int) -> bool:
    """Return whether it is known what a file was before an event, or can be had of what is left."""
    state = reader.views.revisions_of(file).find(file, position - 1)
    purged = reader.views.purged
    if state is None or purged.of_text(state.position) is None:
        return True
    return not purged.kinds(position)


def _left_out(reader: Reader, environment: str, position: int) -> EventRow:
    """Return an event that can be left out."""
    row = reader.views.events.find(position)
    hint = f"`tetra-es history {environment}` lists what changed {environment}"
    if row is None:
        raise TetraEsError(f"there is no event #{position}", hint=hint)
    if reason := reader.views.events.void(position):
        raise UsageError(f"#{position} is void ({reason}): it changed nothing", hint=hint)
    if row.type not in _TOPICS:
        raise UsageError(f"#{position} is {row.type}: it gave no TOML another text", hint=hint)
    if row.environment == SOURCE_OF_TRUTH and row.revision == 1:
        raise UsageError(
            f"#{position} is the first state of {SOURCE_OF_TRUTH}: all others follow from it",
            hint=hint,
        )
    return row


class _Again:
    """All that was recorded from one event on, done again without it."""

    def __init__(self, reader: Reader, environment: str, left_out: int) -> None:
        self.files = Files(reader)
        self.doubts: list[Doubt] = []
        self._reader = reader
        self._environment = environment
        self._left_out = left_out
        self._sources: dict[tuple[str, int], int | None] = {}
        """Environment and revision to the source revision that it would have, where another."""
        self._first: dict[str, int] = {}
        """File to the revision that is left out."""

    def do(self, position: int, event: _Text) -> None:
        """Do one event again."""
        file, revision = _file_of(event), event.revision
        if isinstance(event, EnvironmentState) and file != SOURCE_OF_TRUTH:
            self._sources[file, revision] = self._source(position, event)
        mine = (SOURCE_OF_TRUTH, "manifest", f"profile {self._environment}", self._environment)
        if file not in mine:
            return
        if position == self._left_out:
            self._first[file] = revision
            self.files.keep(file, revision, self._before(position, event, file))
            return
        try:
            if (found := self._text(position, event, file)) is not None:
                document, doubts = found
                self.files.put(file, revision, document)
                self.doubts += doubts
        except Purged as error:
            what = f"it is not known what it would have changed: {error.message}"
            self.doubts.append(Doubt(position, None, what))
            if self.files.differs(file, revision - 1):
                self.files.keep(file, revision, self.files.replayed(file, revision - 1))

    def _text(self, position: int, event: _Text, file: str) -> Outcome | None:
        """Return what a file would have after an event; None for what was recorded."""
        if isinstance(event, EnvironmentPromoted):
            return self._promoted(position, event)
        if (target := _brought_back(event)) is not None:
            return self._brought_back(position, event, file, target)
        changed = self.files.differs(file, event.revision - 1)
        if not changed or isinstance(event, EnvironmentImported):
            return None
        present = self.files.replayed(file, event.revision - 1)
        if present is None:
            return None
        before = self.files.known(file, event.revision - 1)
        after = self.files.known(file, event.revision)
        if before is not None and after is not None:
            return edited_again(position, before, after, present)
        if self._knows_changes(position):
            return changed_again(position, event.changes, present)
        return self._caught_up(position, event, file, present)

    def _caught_up(
        self, position: int, event: _Text, file: str, present: ConfigDocument
    ) -> Outcome:
        """Return what a file would have after events whose changes were purged, and their texts.

        The first text that is known again has all that they changed since the last one that was.
        Raises `Purged` where there is none.
        """
        after = self.files.recorded(file, event.revision)
        since = self._first.get(file, 0)
        before = self.files.last_known(file, event.revision, since)
        if before is None or after is None:
            self.files.recorded(file, event.revision - 1)  # which says what was purged
            return Outcome(present, [])
        found = edited_again(position, before, after, present)
        what = "what the purged events before it changed is done with it"
        return Outcome(found.document, [Doubt(position, None, what), *found.doubts])

    def _knows_changes(self, position: int) -> bool:
        return self._reader.views.purged.of_changes(position) is None

    def _before(self, position: int, event: _Text, file: str) -> ConfigDocument | None:
        """Return what a file would have without the event that is left out.

        Raises `Purged` where neither the text before is known nor what the event made of it.
        """
        try:
            return self.files.replayed(file, event.revision - 1)
        except Purged:
            after = self.files.known(file, event.revision)
            if after is None or not self._knows_changes(position):
                raise
            found = before_changes(event.changes, after)
            if found is None:
                raise
            return found

    def _promoted(self, position: int, event: EnvironmentPromoted) -> Outcome | None:
        source = self._sources[event.environment, event.revision]
        if source is None:
            what = f"{event.via} would have had nothing to promote"
            present = self.files.replayed(event.environment, event.revision - 1)
            return Outcome(present, [Doubt(position, None, what)])
        return promoted_again(self._reader, self.files, Promotion(position, event, source))

    def _brought_back(self, position: int, event: _Text, file: str, target: int) -> Outcome | None:
        keys = event.paths if isinstance(event, EnvironmentRolledBack) else None
        before = event.revision - 1
        others = (target,) if keys is None else (target, before)
        if not any(self.files.differs(file, each) for each in others):
            return None
        is_lost = not self.files.differs(file, target) and not self.files.known(file, target)
        if keys is not None and is_lost and self._knows_changes(position):
            present = self.files.replayed(file, before)
            return changed_again(position, event.changes, present) if present else None
        doubts = self._about_target(position, file, target)
        then = self.files.replayed(file, target)
        if keys is None:
            return Outcome(then, doubts)
        document, more = brought_back(position, self.files.replayed(file, before), then, keys)
        return Outcome(document, [*doubts, *more])

    def _source(self, position: int, event: EnvironmentState) -> int | None:
        """Return the source revision that a generated environment would have after an event."""
        name, before = event.environment, self._source_of(event.environment, event.revision - 1)
        if position == self._left_out:
            return before
        if isinstance(event, EnvironmentRolledBack):
            return before if event.paths is not None else self._source_of(name, event.to_revision)
        if isinstance(event, EnvironmentPromoted) and event.via != SOURCE_OF_TRUTH:
            there = self._reader.views.states.find(event.via, position - 1)
            return None if there is None else self._source_of(event.via, there.revision)
        return source_revision_of(event)

    def _source_of(self, name: str, revision: int) -> int | None:
        if (name, revision) in self._sources:
            return self._sources[name, revision]
        states = self._reader.views.states
        position = states.position_of_revision(name, revision)
        state = None if position is None else states.find(name, position)
        return state.source_revision if state else None

    def _about_target(self, position: int, file: str, revision: int) -> list[Doubt]:
        """Say that an event brought back the state that is left out."""
        at = self._reader.views.revisions_of(file).position_of_revision(file, revision)
        if at != self._left_out:
            return []
        what = f"it brought back the state of #{at}, which is left out: the one before is taken"
        return [Doubt(position, None, what)]


def _file_of(event: Event) -> str:
    if isinstance(event, EnvironmentState):
        return event.environment
    return f"profile {event.environment}" if isinstance(event, ProfileEdited) else "manifest"


def _brought_back(event: _Text) -> int | None:
    """Return the revision that an event brought back, None for an event that did not."""
    if isinstance(event, EnvironmentRolledBack):
        return event.to_revision
    return event.restores if isinstance(event, ManifestEdited | ProfileEdited) else None
