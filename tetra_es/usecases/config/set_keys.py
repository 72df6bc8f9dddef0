"""Set and unset keys of an edited file."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.environment import rule_of
from tetra_es.toml.edit.assignments import place_in_document, set_values, unset_keys
from tetra_es.usecases.config.edit import decide_edit, present_document, recorded_document
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Sequence

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.edit.assignments import KeyLocation, Locate
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class _Change(UseCase[None]):
    """Record what is made of an edited file as it is, hand edits included."""

    file: SourceFile

    def depends_on(self) -> Container[str]:
        """Return the path of the file itself."""
        return (self.file.path,)

    def writes(self) -> Collection[str]:
        """Return the path of the file itself."""
        return (self.file.path,)

    def decide(self, work: UnitOfWork) -> None:
        """Decide the edit; see `Edit` for what it raises."""
        document = present_document(work, self.file)
        document = self._changed(work, document, _places(work, self.file, document))
        decide_edit(work, self.file, document, self)

    @abstractmethod
    def _changed(self, work: UnitOfWork, document: ConfigDocument, place: Locate) -> ConfigDocument:
        """Return the new content, where `place` tells where a key is in it."""


@dataclass(frozen=True)
class SetKeys(_Change):
    """Set keys to values as typed; see `read_typed`, also for `wanted` and for what it raises.

    Raises `UsageError` where a key cannot be set.
    """

    assignments: Sequence[tuple[str, str]]
    wanted: str | None = None
    allow: Collection[str] = field(default=(), kw_only=True)

    def _changed(self, work: UnitOfWork, document: ConfigDocument, place: Locate) -> ConfigDocument:
        return set_values(
            document, self.assignments, wanted=self.wanted, place=place, note=work.warn
        )


@dataclass(frozen=True)
class UnsetKeys(_Change):
    """Remove keys. Raises `UsageError` where one is not there."""

    keys: Sequence[str]
    allow_empty: bool = field(default=False, kw_only=True)

    def decide(self, work: UnitOfWork) -> None:
        """Decide the edit. Raises `UsageError` also where there is no overlay to take keys from."""
        recorded = recorded_document(work, self.file)
        if self.file.kind == "profile" and (recorded is None or not recorded.keys):
            from tetra_es.profiles.load import effective_profile  # for an error alone

            name = work.organization().environment_named(self.file.environment)
            effective_profile(name, recorded)  # raises where there is no profile either
            raise UsageError(
                f"{self.file.path} sets no key of {name}",
                hint=f"`tetra-es profile show {name}` shows the rules of its profile, and "
                f"`tetra-es set profile {name} KEY=VALUE` adds one",
            )
        super().decide(work)

    def _changed(self, work: UnitOfWork, document: ConfigDocument, place: Locate) -> ConfigDocument:
        return unset_keys(document, self.keys, place=place, prune=self.file.kind == "profile")


def _places(work: UnitOfWork, file: SourceFile, document: ConfigDocument) -> Locate:
    """Return what tells where a key that somebody names is in a file."""
    if file.kind == "profile":
        # Profiles bring tomlkit, which an edit of another file does without.
        from tetra_es.profiles.places import places_in_overlay

        source = work.environment(SOURCE_OF_TRUTH).document
        return places_in_overlay(document, file.environment, source.values)
    return _known_place if file.kind == SOURCE_OF_TRUTH else place_in_document


def _known_place(key: str) -> KeyLocation:
    place = place_in_document(key)
    rule = rule_of(place.path)
    return place._replace(fits=rule.check if rule else None)
