"""How a deployment fails, and what there is to say about it."""

from __future__ import annotations

from tetra_es.errors import TetraEsError
from tetra_es.remote.errors import ConnectionLost, StepFailed


class DeploymentFailed(TetraEsError):
    """A deployment failed. Changes on the server are undone, by us or by itself."""

    exit_code = 5

    def __init__(
        self, message: str, *, hint: str | None = None, journal: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.journal = journal
        """What the services logged last: for a person's eyes, never to be recorded."""


def cause_of(error: BaseException) -> str:
    """Return what went wrong in one line, for an event; never what a service printed."""
    if isinstance(error, (StepFailed, ConnectionLost)):
        return error.reason
    if isinstance(error, TetraEsError):
        return error.message
    return "interrupted"


def message_of(error: BaseException) -> str:
    """Return what to tell a person of an error."""
    return error.message if isinstance(error, TetraEsError) else str(error) or "interrupted"


def hint_of(error: BaseException) -> str | None:
    """Return what to do about an error, where that is known."""
    return error.hint if isinstance(error, TetraEsError) else None


def journal_of(error: BaseException) -> tuple[str, ...]:
    """Return what the services logged last before a deployment failed."""
    return error.journal if isinstance(error, (StepFailed, DeploymentFailed)) else ()
