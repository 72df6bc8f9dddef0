"""What happens to one version of a secret: known to others, or destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.log.sqlite import wal
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class MarkCompromised(UseCase[bool]):
    """Record that others know a version: a rollback never brings it back.

    The result is whether the environment still has that version.
    """

    environment: str
    key: str
    version: int

    def decide(self, work: UnitOfWork) -> bool:
        """Decide it. Raises `UsageError` where there is no such version."""
        vault = work.vault(self.environment)
        vault.mark_compromised(self.key, self.version, work.context())
        return vault.present.get(self.key) == self.version


@dataclass(frozen=True)
class PurgeSecret(UseCase[None]):
    """Destroy the age files of a version and record that; there is no way back."""

    environment: str
    key: str
    version: int

    def decide(self, work: UnitOfWork) -> None:
        """Decide it. Raises `UsageError` without a reason, `Refused` for a present version."""
        if not work.intent.reason:
            raise UsageError("purging needs a reason", hint="say why with -m")
        vault = work.vault(self.environment)
        version = vault.version_of(self.key, self.version)
        digests = [bytes.fromhex(digest) for digest in version.digests]
        vault.purge(self.key, self.version, work.context(), work.readers(digests))
        for digest in digests:
            work.destroy_body(digest)


def still_has_purged(store: Path) -> bool:
    """Return whether the store's file still has what was purged, since somebody reads it."""
    return wal.is_filled(store)
