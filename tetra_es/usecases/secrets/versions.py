"""What happens to one version of a secret: known to others, or destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, UsageError
from tetra_es.log.sqlite import wal
from tetra_es.model.secrets import SecretVersion
from tetra_es.usecases.may import check_may
from tetra_es.usecases.secrets.read import value_of_version
from tetra_es.usecases.secrets.same_value import with_the_value_of
from tetra_es.usecases.secrets.set_secrets import set_values
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.model.secrets import Vault
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class MarkCompromised(UseCase[list[SecretVersion]]):
    """Record that others know a version, and all that have its value: none is ever brought back.

    The result is those that their environments still have.
    """

    environment: str
    key: str
    version: int

    def decide(self, work: UnitOfWork) -> list[SecretVersion]:
        """Decide it. Raises `UsageError` where there is no such version."""
        vaults = {name: work.vault(name) for name in work.organization().manifest.environments}
        own = SecretVersion(self.environment, self.key, self.version)
        vault = vaults.setdefault(self.environment, work.vault(self.environment))
        vault.mark_compromised(self.key, self.version, work.context())
        same = with_the_value_of(own, vaults.values())
        for one in same:
            self._mark(work, one, vaults)
        return [
            one
            for one in same
            if one.environment in vaults
            and vaults[one.environment].present.get(one.key) == one.version
        ]

    def _mark(self, work: UnitOfWork, one: SecretVersion, vaults: Mapping[str, Vault]) -> None:
        vault = vaults.get(one.environment)
        if vault is None or vault.version_of(one.key, one.version).compromised:
            return
        try:
            check_may(work, f"secret:{one.environment}")
        except Refused:
            work.warn(
                f"version {one.version} of {one.key} in {one.environment} has the same value, and "
                "you may not mark it as compromised"
            )
            return
        vault.mark_compromised(one.key, one.version, work.context())


@dataclass(frozen=True)
class RollBackSecret(UseCase[int]):
    """Give a key the value of one of its older versions again, as a new version.

    Without `to`, that of the version before the present one. Returns the version whose value came
    back.
    """

    environment: str
    key: str
    to: int | None
    identities: Callable[[], Sequence[Identity]]

    def decide(self, work: UnitOfWork) -> int:
        """Decide it. Raises `UsageError` where there is no such version, `Refused` where it may
        not come back, or is there."""
        work.organization().environment_named(self.environment)
        vault = work.vault(self.environment)
        number = self.to or self._before(vault)
        version = vault.version_of(self.key, number)
        present = vault.present.get(self.key, 0)
        same = with_the_value_of(SecretVersion(self.environment, self.key, number), [vault])
        if (self.environment, self.key, present) in same:
            what = "has" if present == number else f"has, with version {present}, the value of"
            raise Refused(f"{self.environment} {what} version {number} of {self.key} already")
        if version.compromised:
            raise Refused(
                f"version {number} of {self.key} is compromised: it is never brought back",
                hint=f"`tetra-es secret set {self.environment} {self.key}` gives it a new value",
            )
        value = value_of_version(work.log, vault, self.key, number, self.identities)
        set_values(work, vault, {self.key: value}, restores={self.key: number})
        return number

    def _before(self, vault: Vault) -> int:
        newest = vault.present.get(self.key) or vault.newest(self.key) + 1
        if newest < 2:
            vault.check_present(self.key)
            raise Refused(f"{self.environment} has no older version of {self.key}")
        return newest - 1


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
