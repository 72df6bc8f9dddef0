"""Take back what one event changed, by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.toml.edit.bringing_back import bring_back
from tetra_es.toml.keys import format_key
from tetra_es.toml.merge import leaves_of
from tetra_es.usecases.config.clashes import changes_key, told, value_shown
from tetra_es.usecases.config.edit import decide_edit, present_document
from tetra_es.usecases.config.revisions import Revision, revisions
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Container

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Undo(UseCase[None]):
    """Give the keys that one event changed the values that they had before it.

    `file` is the edited file whose event it is, None where it is another event. Other keys, and the
    comments and order of the file as it is now, stay. What was undone already changes nothing.

    Raises `Refused` where the event can not be undone, or a key was changed again since.
    """

    position: int
    file: SourceFile | None
    allow: Collection[str] = ()

    def depends_on(self) -> Container[str]:
        """Return the path of the file."""
        return self.writes()

    def writes(self) -> Collection[str]:
        """Return the path of the file."""
        return (self.file.path,) if self.file else ()

    def decide(self, work: UnitOfWork) -> None:
        """Decide the edit that takes it back."""
        file = self.file
        if file is None:
            raise _not_an_edit(work, self.position)
        event, before = self._around(work, file)
        after = _document(work, event)
        older = _document(work, before) if before else file.document("")
        present = present_document(work, file)
        was, then, now = leaves_of(older), leaves_of(after), leaves_of(present)
        changed = [path for path in {**then, **was} if was.get(path) != then.get(path)]
        if not changed:
            raise Refused(
                f"{told(event)} changed comments or layout alone, which are not undone",
                hint=f"`tetra-es show {file}` prints what is there now",
            )
        for path in changed:
            if now.get(path) not in (was.get(path), then.get(path)):
                raise self._conflict(work, path, then.get(path), now.get(path))
        keys = [format_key(path) for path in changed]
        document = bring_back(present, older, changed, keys)
        if document is None:
            raise Refused(
                f"{file.path} cannot have the keys as before {told(event)} beside the rest",
                hint=f"`tetra-es show {file}` prints what is there now",
            )
        decide_edit(work, file, document, self, undoes=self.position)

    def _around(self, work: UnitOfWork, file: SourceFile) -> tuple[Revision, Revision | None]:
        """Return the revision that the event made, and the one before it, None for an overlay's."""
        found = revisions(work.log, file, self.position)
        event, before = next(found, None), next(found, None)
        if event is None or event.position != self.position:
            raise _not_an_edit(work, self.position)
        if before is None and file.kind != "profile":
            raise Refused(
                f"#{self.position} is the first content of {file.path}: there is nothing before it",
                hint=f"`tetra-es show {file}` prints what is there now",
            )
        return event, before

    def _conflict(
        self, work: UnitOfWork, path: KeyPath, then: str | None, now: str | None
    ) -> Refused:
        """Return the error for a key that was changed again."""
        file, key = self.file, format_key(path)
        assert file is not None  # noqa: S101 - for the type checker
        newer = next(
            each
            for each in revisions(work.log, file)
            if changes_key(each, key) or each.position <= self.position
        )
        return Refused(
            f"{file.path}: {key} was {value_shown(key, then)} after #{self.position}, and is "
            f"{value_shown(key, now)} since {told(newer)}",
            hint=f"`tetra-es undo {newer.position}` takes that back, and then this can be",
        )


def _document(work: UnitOfWork, revision: Revision) -> ConfigDocument:
    text = revision.text(work.log)
    if text is None:
        raise Refused(
            f"the content of {revision.name} was purged: nothing tells what to bring back",
            hint=f"`tetra-es show {revision.file}` prints what is there now",
        )
    return revision.file.document(text)


def _not_an_edit(work: UnitOfWork, position: int) -> TetraEsError:
    record = work.log.record(position)
    if record is None:
        return TetraEsError(
            f"there is no event #{position}", hint="`tetra-es history` lists the events"
        )
    if reason := work.log.void(position):
        return Refused(
            f"#{position} is void ({reason}): it changed nothing",
            hint="`tetra-es history` lists the events",
        )
    return Refused(
        f"cannot undo #{position} ({record.topic}): only edits are undone",
        hint="`tetra-es history local` lists the edits of local; environments are rolled back",
    )
