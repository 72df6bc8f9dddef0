"""What a deployment is made of: the order, where it is recorded, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.events.metadata import Context
    from tetra_es.model.host import HostState
    from tetra_es.release.release import Release
    from tetra_es.usecases.deployable import Deployable


class DeploymentFailed(TetraEsError):
    """A deployment failed. What was changed on the server is put back, by us or by itself."""

    exit_code = 5

    def __init__(
        self, message: str, *, hint: str | None = None, journal: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.journal = journal
        """What the services logged last: for a person's eyes, never to be recorded."""


class Journal(Protocol):
    """Where the events of one environment on one host are recorded."""

    def target(self) -> HostState:
        """Return the environment on the host, as it is recorded now."""

    def record(self, decide: Callable[[HostState, Context], object]) -> None:
        """Record what `decide` decides on the target."""


@dataclass(frozen=True)
class Order:
    """What is to be deployed, the same for every host."""

    id: str
    """Identifier of the deployment, 16 hexadecimal digits."""
    state: Deployable
    release: Release
    create_user: bool = False
    replace_unmanaged: bool = False
    """Whether files that no release of ours has put there may be replaced, with copies of them."""

    @property
    def source(self) -> str:
        """What is deployed, such as `dev@7`."""
        return f"{self.state.environment}@{self.state.revision}"

    @property
    def provenance(self) -> str:
        """The same with position and hash of its newest event, as the server keeps it."""
        return f"{self.source} {self.state.anchor}"

    @property
    def files(self) -> list[list[str]]:
        """Path and digest of every file, the digest empty where there are secrets in it."""
        return [[file.path, "" if file.secret else file.digest] for file in self.release.files]

    def start(self, target: HostState, context: Context) -> None:
        """Decide that it begins."""
        target.start(
            self.id,
            context,
            revision=self.state.revision,
            of_position=self.state.position,
            runner=self.release.settings.runner,
            secrets=self.state.sealed,
            files=self.files,
        )
