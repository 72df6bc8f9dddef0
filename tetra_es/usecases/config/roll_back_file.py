"""Give the manifest or a profile an earlier text again, as a new event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused
from tetra_es.events.config import ManifestEdited, ProfileEdited
from tetra_es.usecases.config.edit import recorded_document
from tetra_es.usecases.config.revisions import revisions
from tetra_es.usecases.config.source_file import MANIFEST
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping

    from tetra_es.refs import Ref
    from tetra_es.usecases.config.revisions import Revision
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.unit_of_work import UnitOfWork


class FileRollback(NamedTuple):
    """What a rollback of a file did."""

    before: str
    """The revision that it was at, such as `manifest@3`."""
    target: str
    """The revision whose text came back."""
    position: int
    """The event that had it."""


@dataclass(frozen=True)
class RollBackFile(UseCase[FileRollback]):
    """Give an edited file, the manifest or a profile, the text that `ref` names.

    Without a REF, the text before the last change; a rollback does not count as a change. An
    edit that is not recorded yet is recorded before. The text is not scanned for secrets, and
    a profile is not checked against today's rules: what was recorded can always come back.
    """

    file: SourceFile
    ref: Ref | None = None

    def depends_on(self) -> Container[str]:
        """Return the path of the file itself."""
        return (self.file.path,)

    def writes(self) -> Collection[str]:
        """Return the path of the file itself."""
        return (self.file.path,)

    def decide(self, work: UnitOfWork) -> FileRollback:
        """Decide what comes back."""
        organization, context = work.organization(), work.context()
        if self.file.kind == "profile":
            organization.environment_named(self.file.environment)
        known = {revision.number: revision for revision in revisions(work.log, self.file)}
        target = self._target(work, known)
        text = self._text(work, target)
        present = recorded_document(work, self.file)
        newest = known[max(known)]
        if present is not None and text == present.text:
            raise Refused(
                f"{self.file} already has the text of {target.name} (#{target.position})",
                hint=f"`tetra-es history {self.file}` lists the others",
            )
        document = self.file.document(text)
        if self.file.kind == "manifest":
            organization.edit_manifest(document, context, restores=target.number)
        else:
            organization.edit_profile(
                self.file.environment, document, context, restores=target.number
            )
        return FileRollback(newest.name, target.name, target.position)

    def _target(self, work: UnitOfWork, known: Mapping[int, Revision]) -> Revision:
        if self.ref is None:
            return self._before_last_change(work, known)
        position = work.refs.position_of(self.ref, str(self.file))
        for revision in known.values():
            if revision.position == position:
                return revision
        earlier = [each for each in known.values() if each.position < position]
        raise Refused(
            f"#{position} is not a revision of {self.file}",
            hint=f"at #{position} the newest was {max(earlier, key=_position).name}"
            if earlier
            else f"`tetra-es history {self.file}` lists them",
        )

    def _before_last_change(self, work: UnitOfWork, known: Mapping[int, Revision]) -> Revision:
        """Return the newest older revision with another text, seen through rollbacks."""
        present = recorded_document(work, self.file)
        number = _origin(known, max(known, default=0)) - 1
        while number in known:
            found = known[number]
            if present is None or found.text(work.log) != present.text:
                return found
            number = _origin(known, number) - 1
        hint = f"`tetra-es history {self.file}` lists its revisions; --to names one"
        if len(known) == 1 and self.file != MANIFEST:
            (only,) = known.values()
            hint = f"`tetra-es undo {only.position}` takes back what its first edit did"
        raise Refused(f"{self.file} has no earlier text to go back to", hint=hint)

    def _text(self, work: UnitOfWork, target: Revision) -> str:
        """Return the text of a revision. Raises `Purged`."""
        text = work.log.state_text(target.position)
        if text is None:
            raise Refused(f"{target.name} has no text")
        return text


def _origin(known: Mapping[int, Revision], number: int) -> int:
    """Return the revision that first had the text of one, seen through rollbacks."""
    while number in known:
        event = known[number].event
        if not isinstance(event, (ManifestEdited, ProfileEdited)) or event.restores is None:
            break
        number = event.restores
    return number


def _position(revision: Revision) -> int:
    return revision.position
