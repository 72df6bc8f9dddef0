"""What an editor of secrets begins with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.usecases.secrets.read import values_of
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class EditedSecrets:
    """The present secrets, and the versions that they have."""

    values: Mapping[str, bytes] = field(repr=False)
    versions: Mapping[str, int]


@dataclass(frozen=True)
class SecretsToEdit(UseCase[EditedSecrets]):
    """Read all secrets of an environment that somebody can read what will be set in."""

    environment: str
    layout: OrgLayout
    identities: Callable[[], Sequence[Identity]]

    def decide(self, work: UnitOfWork) -> EditedSecrets:
        """Decide nothing. Raises `Refused` where the environment has no recipients."""
        work.organization().environment_named(self.environment)
        vault = work.vault(self.environment)
        vault.check_readable()
        values = values_of(work.log, self.layout, vault, self.identities)
        return EditedSecrets(values, dict(vault.present))
