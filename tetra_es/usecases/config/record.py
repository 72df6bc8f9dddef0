"""Record what was changed by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.usecases.config.edit import present_document
from tetra_es.usecases.config.revisions import revisions
from tetra_es.usecases.use_case import Everything, UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.merge import Side
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class RecordEdits(UseCase[None]):
    """Record the hand edits of one file, of all without one; they are the `edits` of what is done.

    `allow` names keys that look like secrets and are not, `bases` the revisions that files were
    typed on where that is another one than is known, `keep` what to take where an edit and what was
    recorded since are in each other's way.
    """

    file: SourceFile | None = None
    allow: Collection[str] = field(default=(), kw_only=True)
    allow_empty: bool = field(default=False, kw_only=True)
    bases: Mapping[str, int] = field(default_factory=dict, kw_only=True)
    keep: Side | None = field(default=None, kw_only=True)

    def depends_on(self) -> Container[str]:
        """Return the file, or all."""
        return (self.file.path,) if self.file else Everything()

    def decide(self, work: UnitOfWork) -> None:
        """Decide nothing beside the edits."""
        work.context()  # a signer alone may record, and hears that without edits too


class Present(NamedTuple):
    """The content of an edited file."""

    document: ConfigDocument
    revision: int | None
    """Its number; None where it was not recorded yet."""


@dataclass(frozen=True)
class PresentDocument(UseCase[Present]):
    """Return what an editor begins with: the recorded content, or a template's.

    Changes that were in the file before are recorded first.
    """

    file: SourceFile

    def depends_on(self) -> Container[str]:
        """Return the file."""
        return (self.file.path,)

    def decide(self, work: UnitOfWork) -> Present:
        """Decide nothing."""
        newest = next(revisions(work.log, self.file), None)
        return Present(present_document(work, self.file), newest and newest.number)
