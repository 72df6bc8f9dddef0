"""Record what somebody saved in an edited file, merged with what was recorded since it was typed.

A file has a base, the revision that it was written as last. Nothing that others recorded after it
may disappear silently, and nothing that was typed may be lost: what cannot be merged is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.gate.pins.bases import Base
from tetra_es.usecases.config.check_for_secrets import refuse_secrets
from tetra_es.usecases.config.edit import check_not_emptied, recorded_document
from tetra_es.usecases.config.revisions import revisions
from tetra_es.usecases.config.source_file import SOURCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.merge import Side
    from tetra_es.usecases.config.edit import Edit
    from tetra_es.usecases.config.merging import MergeTexts
    from tetra_es.usecases.config.revisions import Revision
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.unit_of_work import UnitOfWork


class Merged(NamedTuple):
    """What a file was merged with."""

    base: Revision
    """What it was typed on."""
    newer: Sequence[Revision]
    """What was recorded since, the newest first."""


@dataclass(frozen=True)
class RecordByHand:
    """Record the content of an edited file; `edit` has it."""

    edit: Edit
    base: Base | None
    """What the file was written as last, or is said to be typed on; None for not known."""
    merge_texts: MergeTexts
    keep: Side | None = None
    """What to take where both were changed: what is in the file, or what was recorded."""

    def decide(self, work: UnitOfWork) -> Merged | None:
        """Decide the edit; return what was merged, None where there was nothing to merge with.

        Raises `Refused` where both cannot be had, and see `Edit`.
        """
        file, mine = self.edit.file, self.edit.document
        theirs = recorded_document(work, file)
        newest = next(revisions(work.log, file), None)
        if theirs is None or newest is None or mine.text == theirs.text:
            self.edit.decide(work)
            return None
        base = self._typed_on(work, newest, theirs)
        if base.position == newest.position:
            self.edit.decide(work)
            return None
        # Few edits are merged, and few files may come from an editor that was open.
        from tetra_es.usecases.config import clashes
        from tetra_es.usecases.config.merging import Clash, Three, merge_documents

        if file == SOURCE and not self.edit.allow_empty:
            check_not_emptied(theirs, mine)  # what others added would hide that
        organization, allow = work.organization(), self.edit.allow
        refuse_secrets(organization, str(file), theirs, mine.checked(), allow=allow)
        newer = _since(work, base)
        three = Three(file.document(base.text(work.log) or ""), mine, theirs)
        try:
            document = merge_documents(three, self.merge_texts, self.keep)
        except Clash as clash:
            raise clashes.refusal(three, clash, newer, keep=self.keep) from clash
        replace(self.edit, document=document).decide(work)
        return Merged(base, newer)

    def _typed_on(self, work: UnitOfWork, newest: Revision, theirs: ConfigDocument) -> Revision:
        """Return the revision that the file was typed on."""
        file, mine, log = self.edit.file, self.edit.document, work.log
        base = self.base
        if base and base.position > log.last_position():
            return newest  # of events that were lost since; nobody recorded any after them
        if base is None:
            return self._same_text(work, newest)
        found = next(revisions(log, file, base.position), None)
        if found is None or _digest(found.text(log)) != base.digest:
            # Events have other positions than they had, or are gone.
            same = (one for one in revisions(log, file) if _digest(one.text(log)) == base.digest)
            return next(same, None) or self._same_text(work, newest)
        if base.typed >= found.position or not mine.holds_values:
            return found
        from tetra_es.usecases.config import clashes
        from tetra_es.usecases.config.open_editors import typed_on_older

        older = typed_on_older(
            mine,
            file.document(found.text(log) or ""),
            revisions(log, file, found.position),
            lambda each: each.text(log),
            base,
        )
        if older is None:
            return found
        own = work.organization().signer_with(work.key.public_line)
        if not older.other_keys or own in {each.actor for each in older.missed}:
            raise clashes.ambiguous(mine.path, older, found)
        return older.revision

    def _same_text(self, work: UnitOfWork, newest: Revision) -> Revision:
        """Return the newest revision whose text is the file's: nothing tells what it was on."""
        text = self.edit.document.text
        for each in revisions(work.log, self.edit.file):
            if each.text(work.log) == text:
                return each
        from tetra_es.usecases.config import clashes

        raise clashes.unknown(newest)


def said_base(work: UnitOfWork, file: SourceFile, number: int) -> Base:
    """Return the base that a person names. Raises `UsageError` where there is no such revision."""
    for each in revisions(work.log, file):
        if each.number == number:
            return Base(each.position, _digest(each.text(work.log)), each.position)
    raise UsageError(
        f"there is no {file}@{number}", hint="`tetra-es history` lists what was recorded"
    )


def _since(work: UnitOfWork, base: Revision) -> list[Revision]:
    found = []
    for each in revisions(work.log, base.file):
        if each.position <= base.position:
            break
        found.append(each)
    return found


def _digest(text: str | None) -> str:
    """Return the digest of a text, that of none where it was purged."""
    return sha256(text.encode()).hexdigest() if text is not None else ""
