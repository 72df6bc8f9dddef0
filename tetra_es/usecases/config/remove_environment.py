"""Take an environment out of the manifest. Its history stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.layout import MANIFEST
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.manifest import remove_environment as without_environment
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Sequence

    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class RemoveEnvironment(UseCase[None]):
    """Record a manifest without an environment: nothing can be promoted to it any more.

    There is no event for the end of an environment: its states, its secrets and its overlay stay
    recorded, and `AddEnvironment` goes on with them. Raises `Refused` for the source of truth, and
    while a host runs it, `UsageError` where there is no such environment.
    """

    environment: str
    serving: Callable[[str], Sequence[str]]
    """Returns the hosts that an environment runs on."""

    def depends_on(self) -> Container[str]:
        """Return the manifest."""
        return {MANIFEST}

    def writes(self) -> Collection[str]:
        """Return the manifest."""
        return (MANIFEST,)

    def decide(self, work: UnitOfWork) -> None:
        """Decide the edit of the manifest."""
        name = self.environment
        organization = work.organization()
        organization.environment_named(name)
        if name == SOURCE_OF_TRUTH:
            raise Refused(
                f"{name} is the source of truth: the others are generated from it",
                hint="every organization has it",
            )
        if hosts := self.serving(name):
            raise Refused(
                f"{name} runs on {', '.join(hosts)}",
                hint=f"`tetra-es daemon uninstall {name}` takes it from there first",
            )
        manifest = without_environment(organization.document, name)
        organization.edit_manifest(manifest, work.context())
