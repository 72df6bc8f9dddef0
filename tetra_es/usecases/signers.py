"""Who may sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.crypto.ssh.keys import parse_public_line, public_line
from tetra_es.names import check_actor
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class AddSigner(UseCase[None]):
    """Let the public key line `key` sign as `name` from the next event on."""

    name: str
    key: str

    def decide(self, work: UnitOfWork) -> None:
        """Decide it. Raises `UsageError` for what is not a name or a key that can sign."""
        line = public_line(parse_public_line(self.key))
        work.organization().add_signer(check_actor(self.name), line, work.context())


@dataclass(frozen=True)
class RemoveSigner(UseCase[None]):
    """Let `name` no longer sign; what is signed already stays valid."""

    name: str

    def decide(self, work: UnitOfWork) -> None:
        """Decide it. Raises `UsageError` where there is no such signer."""
        work.organization().remove_signer(self.name, work.context())
