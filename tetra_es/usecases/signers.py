"""Who may sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.crypto.ssh.keys import public_line
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.errors import UsageError
from tetra_es.names import SOURCE_OF_TRUTH, check_actor
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.model.organization import Organization
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class AddSigner(UseCase[None]):
    """Let the public key line `key` sign as `name` from the next event on."""

    name: str
    key: str
    may: Sequence[str] = ()
    """Limits such as `promote:dev`; none for a signer without limits."""

    def decide(self, work: UnitOfWork) -> None:
        """Decide it. Raises `UsageError` for what is not a name or a key that can sign."""
        add_signer(work, self.name, self.key, self.may)


def add_signer(work: UnitOfWork, name: str, key: str, may: Sequence[str] = ()) -> None:
    """Decide that the public key line `key` signs as `name`, with limits or without."""
    line = public_line(parse_public_line(key))
    for limit in may:
        check_limit(limit, work.organization())
    limits = sorted(set(may)) or None
    work.organization().add_signer(check_actor(name), line, work.context(), may=limits)


def limits_in(environments: Sequence[str]) -> list[str]:
    """Return the limits that a signer can have in an organization of these environments."""
    from tetra_es.events.form.types import WORDS

    edit, *others = WORDS
    generated = [name for name in environments if name != SOURCE_OF_TRUTH]
    return [
        f"{edit}:{SOURCE_OF_TRUTH}",
        *(f"{word}:{name}" for word in others for name in generated),
    ]


def check_limit(limit: str, organization: Organization) -> None:
    """Raise `UsageError` for what is not a limit, or names an environment that is not there."""
    from tetra_es.events.form.types import MAY, WORDS  # few commands know limits

    _, _, environment = limit.partition(":")
    if not MAY.fits(limit):
        raise UsageError(
            f"a signer cannot be limited to {limit!r}",
            hint=f"limits are edit:{SOURCE_OF_TRUTH}, and with an environment "
            f"{', '.join(f'{each}:ENV' for each in WORDS[1:])}",
        )
    organization.environment_named(environment)


@dataclass(frozen=True)
class RemoveSigner(UseCase[None]):
    """Let `name` no longer sign; what is signed already stays valid."""

    name: str

    def decide(self, work: UnitOfWork) -> None:
        """Decide it. Raises `UsageError` where there is no such signer."""
        work.organization().remove_signer(self.name, work.context())
