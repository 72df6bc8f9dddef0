"""Edits merge by key, promotions are generated again, rollbacks find their state again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from tetra_es.events.config import (
    EnvironmentPromoted,
    EnvironmentRolledBack,
    EnvironmentState,
)
from tetra_es.log.replica import check_not_purged, valid_events
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.toml.keys import format_key
from tetra_es.usecases.config.edit import Edit, decide_edit, recorded_document
from tetra_es.usecases.config.merging import Clash, Three, merge_documents
from tetra_es.usecases.config.promote import Promote
from tetra_es.usecases.config.source_file import MANIFEST, SOURCE, profile_of
from tetra_es.usecases.rerecord.fields import file_of, mapped
from tetra_es.usecases.rerecord.left import Left
from tetra_es.usecases.rerecord.places import Lost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.merge import Conflict
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.rerecord.deciding import Deciding
    from tetra_es.usecases.rerecord.tail import Past
    from tetra_es.usecases.unit_of_work import UnitOfWork

_SHOWN: Final = 3
"""Keys that a reason names."""


def _edited(how: Deciding, past: Past) -> None:
    """Merge what an edit changed with what the file has now."""
    event: Any = past.event
    topic = past.record.topic
    file = _FILES[topic] if topic in _FILES else profile_of(event.environment)
    if not event.text:
        raise Left("its text was purged")
    theirs, mine = recorded_document(how.work, file), file.document(event.text)
    document = mine
    if theirs is not None and past.text is not None and theirs.text != past.text:
        document = _merged(how, Three(file.document(past.text), mine, theirs))
    if theirs is not None and document.text == theirs.text:
        of = file_of(topic, file.environment)
        how.tail.places.revised(of, event.revision, _revision(how.work, file))
        return
    how_far = Edit(file, document, allow_empty=True)
    decide_edit(how.work, file, document, how_far, undoes=_undoes(how, past))


def _undoes(how: Deciding, past: Past) -> int | None:
    """Return the event whose changes an undo takes back there, None where it is another one."""
    with suppress(Lost):
        position = mapped(past.event.TOPIC, vars(past.event), how.tail.places).get("undoes")
        if position is None or position == cast("Any", past.event).undoes:
            return position
    return None


def _merged(how: Deciding, three: Three) -> ConfigDocument:
    if three.mine.text == three.theirs.text:
        return three.theirs
    try:
        return merge_documents(three, how.merge_texts)
    except Clash as clash:
        if not clash.conflicts:
            raise Left(f"{three.mine.path}: the same lines were changed there") from None
        raise Left(f"{three.mine.path}: {_told(clash.conflicts)}") from None


def _told(conflicts: Iterable[Conflict]) -> str:
    found = list(conflicts)
    said = [
        f"{format_key(one.path)} is {one.theirs or 'gone'} there, {one.mine or 'gone'} here"
        for one in found[:_SHOWN]
    ]
    more = len(found) - _SHOWN
    return "; ".join([*said, *([f"and {more} more"] if more > 0 else [])])


def _revision(work: UnitOfWork, file: SourceFile) -> int:
    match file.kind:
        case "manifest":
            return work.organization().revision
        case "profile":
            return work.organization().profile_revisions.get(file.environment, 0)
        case _:
            return work.environment(file.environment).revision


def _promoted(how: Deciding, past: Past) -> None:
    """Generate an environment again, from the revision that stands for its source."""
    event = cast("EnvironmentPromoted", past.event)
    name, via = event.environment, event.via
    source = mapped(event.TOPIC, vars(event), how.tail.places)["source_revision"]
    work = how.work
    found = work.environment(via)
    has = found.revision if via == SOURCE_OF_TRUTH else found.source_revision
    if has != source:
        is_at = f"{via} is at {SOURCE_OF_TRUTH}@{has} there" if has else f"{via} has no state there"
        raise Left(f"{is_at}, not at {SOURCE_OF_TRUTH}@{source}: promote {name} again")
    Promote(name, via).decide(work)
    environment = work.environment(name)
    how.tail.places.revised(name, event.revision, environment.revision)


def _rolled_back(how: Deciding, past: Past) -> None:
    """Have the state again that a rollback brought back."""
    event = cast("EnvironmentRolledBack", past.event)
    name, places, work = event.environment, how.tail.places, how.work
    environment = work.environment(name)
    if environment.digest == event.digest:
        places.revised(name, event.revision, environment.revision)
        return
    before = places.revision(name, event.revision - 1)
    if environment.revision != before:
        raise Left(f"{name} is at {name}@{environment.revision} there, not at {name}@{before}")
    if event.paths is not None:
        raise Left(f"it brought back single keys: roll {name} back again")
    for record, state in valid_events(
        work.log, work.log.of_stream(environment.id, descending=True)
    ):
        if isinstance(state, EnvironmentState) and state.digest == event.digest:
            check_not_purged(work.log, record.position, state)
            environment.roll_back(state, record.position, work.context())
            return
    raise Left(f"no state of {name} there is the one that came back")


_FILES: Final = {"manifest.edited": MANIFEST, "environment.edited": SOURCE}

HANDLERS: Final = {
    "manifest.edited": _edited,
    "profile.edited": _edited,
    "environment.edited": _edited,
    "environment.promoted": _promoted,
    "environment.rolled_back": _rolled_back,
}
