"""What a use case is: what it depends on, and what it decides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping

    from tetra_es.toml.merge import Side
    from tetra_es.usecases.recorded import Recorded
    from tetra_es.usecases.unit_of_work import UnitOfWork

Result = TypeVar("Result")


class UseCase(ABC, Generic[Result]):
    """One thing that a command does to an organization; a value, made of the command's arguments.

    `decide` may be called again when somebody else recorded something in between, so it keeps
    nothing in the use case itself.
    """

    allow: Collection[str] = ()
    """Keys of hand edits that look like secrets and are not."""

    allow_empty: bool = False
    """Whether the source of truth may lose all its keys."""

    bases: Mapping[str, int] = MappingProxyType({})
    """Path to number of the revision that a hand edit was typed on, where a person says so."""

    keep: Side | None = None
    """What to take where a hand edit and what was recorded since are in each other's way."""

    def depends_on(self) -> Container[str]:
        """Return the paths of the edited files whose hand edits are recorded on the way in.

        A broken file stops only what depends on it.
        """
        return ()

    def writes(self) -> Collection[str]:
        """Return the paths of the edited files that will have another text."""
        return ()

    def replaces(self) -> str | None:
        """Return the path of the generated file that must not have been changed by hand."""
        return None

    @property
    def force(self) -> bool:
        """Whether that file is backed up where it was changed by hand, instead of a refusal."""
        return False

    @abstractmethod
    def decide(self, work: UnitOfWork) -> Result:
        """Load aggregates from `work` and have them decide; what they decided is saved after."""


class Everything:
    """Contains every path."""

    def __contains__(self, _: object) -> bool:
        return True


class Done(NamedTuple, Generic[Result]):
    """What came of a use case."""

    result: Result
    recorded: list[Recorded]
    """The events that the use case decided on; without positions in a dry run."""
    edits: list[Recorded]
    """The events of hand edits that were recorded on the way in."""
    written_again: str | None = None
    """Path of the generated file that was missing, or replaced, and has its text again."""
