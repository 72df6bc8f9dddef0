"""Recording hand edits on the way into a use case: those of the files that it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.usecases.config.edit import Edit, EmptiedError, recorded_document
from tetra_es.usecases.config.hand_edits import emptied_by_hand, pending, read_edit, what_is_wrong
from tetra_es.usecases.config.source_file import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from tetra_es.gate.pins.bases import Base
    from tetra_es.layout import OrgLayout
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.usecases.config.hand_edits import HandEdit
    from tetra_es.usecases.config.record_by_hand import Merged
    from tetra_es.usecases.ports import Listener, Projections
    from tetra_es.usecases.recorded import Recorded
    from tetra_es.usecases.unit_of_work import UnitOfWork
    from tetra_es.usecases.use_case import UseCase

    Decide: TypeAlias = Callable[
        [Callable[[UnitOfWork], Merged | None]], tuple[Merged | None, list[Recorded]]
    ]
    """Has something decided, and records it."""


class EditsOnTheWay:
    """The hand edits of one organization, as commands come to record them."""

    def __init__(
        self, layout: OrgLayout, work: UnitOfWork, projections: Projections, listener: Listener
    ) -> None:
        self._layout = layout
        self._work = work
        self._projections = projections
        self._listener = listener
        self._merged: list[ConfigDocument] = []
        """What people saved in files that are to hold what it was merged with."""

    def record(self, use_case: UseCase[Any], decide: Decide, recorded: list[Recorded]) -> None:
        """Record those that a use case depends on, mention the others; add to `recorded`."""
        files, needed = self._projections.files, use_case.depends_on()
        for edit in pending(self._work, files):
            path = edit.file.path
            if path not in needed:
                self._mention(edit)
                continue
            from tetra_es.usecases.config.record_by_hand import RecordByHand

            document = read_edit(files, edit)
            recording = RecordByHand(
                Edit(edit.file, document, use_case.allow, use_case.allow_empty),
                self._base(edit.file, use_case),
                self._projections.merge_texts,
                use_case.keep,
            )
            try:
                merged, saved = decide(recording.decide)
            except EmptiedError as error:
                raise emptied_by_hand(error, self._layout.file(path), edit.file) from error
            recorded += saved
            self._tell(document, merged, saved)

    def mention(self) -> None:
        """Mention them: such a file is written by nothing but what records it."""
        for edit in pending(self._work, self._projections.files):
            self._mention(edit)

    def _mention(self, edit: HandEdit) -> None:
        wrong = what_is_wrong(self._projections.files, edit)
        self._listener.edit_waits(edit.file.path, missing=edit.missing, wrong=wrong)

    def write_merged(self) -> None:
        """Write the files whose edits were merged, unless somebody has saved them again."""
        merged, self._merged = self._merged, []
        for document in merged:
            present = recorded_document(self._work, SourceFile.of_path(document.path))
            if present is not None:
                files = self._projections.files
                files.replace(document.path, document.digest, present.text.encode())

    def _base(self, file: SourceFile, use_case: UseCase[Any]) -> Base | None:
        """Return what an edited file was typed on, by what a person says or what was kept."""
        bases, said = self._projections.files.bases, use_case.bases.get(file.path)
        if said is None:
            return bases.of(file.path)
        from tetra_es.usecases.config.record_by_hand import said_base

        base = said_base(self._work, file, said)
        if not self._work.intent.dry_run:
            bases.put(file.path, base)
        return base

    def _tell(
        self, document: ConfigDocument, merged: Merged | None, saved: Sequence[Recorded]
    ) -> None:
        """Tell people what became of an edit, and keep in mind what is still to be done."""
        path = document.path
        if saved:
            position = saved[-1].position
            self._listener.edit_recorded(path, position)
            if position:
                bases = self._projections.files.bases
                bases.recorded(path, position, merged=merged is not None)
        if merged:
            newer = [f"{each.name} ({each.told})" for each in merged.newer]
            dry_run = self._work.intent.dry_run
            self._listener.edit_merged(path, merged.base.name, newer, dry_run=dry_run)
            if not dry_run:
                self._merged.append(document)
