"""Set, copy and remove secrets. Values come in as bytes and are kept nowhere."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import NotForYou, encrypt
from tetra_es.errors import Refused, TetraEsError, UsageError
from tetra_es.layout import SOURCE, profile_file
from tetra_es.model.secrets import SecretVersion
from tetra_es.release.variables import also_secret
from tetra_es.toml.keys import format_key
from tetra_es.usecases.secrets.ciphertexts import ciphertexts, digest_of, opened
from tetra_es.usecases.secrets.read import values_of
from tetra_es.usecases.secrets.variable_names import check_variable_name, warn_of_names
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.layout import OrgLayout
    from tetra_es.model.secrets import Vault
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class SetSecrets(UseCase[None]):
    """Record new values, and the removal of others, in one transaction.

    Needs the recipients alone: who sets a value need not be able to read one. `seen` gives the
    present versions that the writer started from; `Refused` when one has changed since.
    """

    environment: str
    values: Mapping[str, bytes] = field(repr=False)
    removed: Sequence[str] = ()
    seen: Mapping[str, int] | None = None

    def decide(self, work: UnitOfWork) -> None:
        """Decide both. Raises `UsageError` for what cannot be a secret's name."""
        for key in self.values:
            check_variable_name(key)
        work.organization().environment_named(self.environment)
        vault = work.vault(self.environment)
        _check_seen(vault, self.seen, [*self.values, *self.removed])
        set_values(work, vault, self.values)
        for key in self.removed:
            vault.remove(key, work.context())


@dataclass(frozen=True)
class ImportSecrets(UseCase[list[str]]):
    """Record new values, in one transaction, of those that are not what the environment has.

    A value that no identity can read counts as another one: who imports need not be able to read.
    """

    environment: str
    values: Mapping[str, bytes] = field(repr=False)
    identities: Callable[[], Sequence[Identity]]

    def decide(self, work: UnitOfWork) -> list[str]:
        """Decide it; return the keys whose values are the same. Raises as `SetSecrets` does."""
        same = self._same(work) if self.values else []
        values = {key: value for key, value in self.values.items() if key not in same}
        SetSecrets(self.environment, values).decide(work)
        return same

    def _same(self, work: UnitOfWork) -> list[str]:
        vault, same = work.vault(self.environment), []
        present = self.values.keys() & vault.present.keys()
        with suppress(TetraEsError):
            identities = self.identities() if present else []
            for key, data in ciphertexts(work.log, vault, present):
                with suppress(NotForYou):
                    if opened(vault, key, data, identities) == self.values[key]:
                        same.append(key)
        return same


@dataclass(frozen=True)
class CopySecret(UseCase[None]):
    """Set a secret in another environment to the value that it has in `environment`."""

    environment: str
    key: str
    target: str
    layout: OrgLayout
    identities: Callable[[], Sequence[Identity]]

    def decide(self, work: UnitOfWork) -> None:
        """Decide it. Raises `UsageError` where there is no such secret."""
        if self.target == self.environment:
            raise UsageError(f"{self.key} is in {self.environment} already")
        check_variable_name(self.key)
        vault = work.vault(self.environment)
        values = values_of(work.log, self.layout, vault, self.identities, [self.key])
        work.organization().environment_named(self.target)
        number = vault.present[self.key]
        if vault.version_of(self.key, number).compromised:
            raise Refused(
                f"version {number} of {self.key} is compromised: it is not copied any more",
                hint=f"`tetra-es secret set {self.environment} {self.key}` gives it a new value",
            )
        origin = SecretVersion(self.environment, self.key, number)
        set_values(work, work.vault(self.target), values, origin=origin)


@dataclass(frozen=True)
class RemoveSecret(UseCase[None]):
    """Record that an environment no longer has a secret."""

    environment: str
    key: str

    def decide(self, work: UnitOfWork) -> None:
        """Decide it. Raises `UsageError` where there is no such secret."""
        work.organization().environment_named(self.environment)
        work.vault(self.environment).remove(self.key, work.context())


def check_not_plain(work: UnitOfWork, environment: str, keys: Collection[str]) -> None:
    """Raise `Refused` where the environment's TOML sets one of the variables, for all to read."""
    state = work.environment(environment)
    if not state.revision:
        return
    for problem in also_secret(state.document.values, environment, keys):
        where = SOURCE if state.is_source else f"{SOURCE} or {profile_file(environment)}"
        raise Refused(
            f"{problem.path[-1]} is a plain variable of {environment}: {format_key(problem.path)}",
            hint=f"take it out of {where} first, and promote",
        )


def set_values(
    work: UnitOfWork,
    vault: Vault,
    values: Mapping[str, bytes],
    *,
    origin: SecretVersion | None = None,
    restores: Mapping[str, int] | None = None,
) -> None:
    """Decide new versions of keys, encrypted for the recipients.

    `origin` is what they are a copy of, `restores` says which older versions of theirs.
    """
    check_not_plain(work, vault.environment, values)
    warn_of_names(work, [key for key in values if key not in vault.versions])
    vault.check_readable()
    for key, value in values.items():
        data = encrypt(value, vault.readers)
        restored = (restores or {}).get(key)
        vault.set(key, digest_of(data), work.context(), origin=origin, restores=restored)
        work.add_body(data)


def _check_seen(vault: Vault, seen: Mapping[str, int] | None, keys: Sequence[str]) -> None:
    if seen is None:
        return
    for key in keys:
        if vault.present.get(key, 0) != seen.get(key, 0):
            raise Refused(
                f"{key} is at version {vault.present.get(key, 0)} now, not {seen.get(key, 0)}: "
                "somebody else changed it meanwhile",
                hint="look at the new value, then make your change again",
            )
