"""Ending what a member can do: signing, and reading secrets, everywhere at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.events.secrets import SECRETS_STREAM
from tetra_es.integrity.exposure import Exposure, recipients_named
from tetra_es.usecases.secrets.recipients import remove_recipients
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.usecases.secrets.recipients import Decrypting
    from tetra_es.usecases.unit_of_work import UnitOfWork


class Removed(NamedTuple):
    """What remains to be done when a member is gone."""

    to_rotate: Mapping[str, Sequence[str]]
    """Environment to the secrets whose present values the member knows: could read, or set."""
    is_own: bool
    """Whether it was the one who records it."""


@dataclass(frozen=True)
class RemoveMember(UseCase[Removed]):
    """Let somebody no longer sign, nor read what the secrets are from now on.

    A recipient goes by name, and by key where it has another name.
    """

    name: str
    decrypting: Decrypting

    def decide(self, work: UnitOfWork) -> Removed:
        """Decide it. Raises `UsageError` for nobody, `Refused` for one who has to stay."""
        organization = work.organization()
        line = organization.signers.get(self.name)
        keys = recipients_named(work.log, self.name) | ({line} if line else set())
        reading = self._reading(work, keys)
        if not line and not reading:
            raise UsageError(
                f"no member {self.name}", hint="`tetra-es member list` lists the members"
            )
        to_rotate: dict[str, list[str]] = {}
        for one in Exposure(work.log, organization.manifest.environments).knowing():
            names = to_rotate.setdefault(one.environment, [])
            known = one.name == self.name if one.recipient is None else one.recipient in keys
            if known and one.key not in names:
                names.append(one.key)
        to_rotate = {environment: names for environment, names in to_rotate.items() if names}
        context = work.context()  # before one's own key is none of a signer's any more
        if line:
            organization.remove_signer(self.name, context)
        for environment, names in reading.items():
            remove_recipients(work, environment, names, self.decrypting, context)
        return Removed(to_rotate, line == work.key.public_line)

    def _reading(self, work: UnitOfWork, keys: set[str]) -> dict[str, list[str]]:
        """Return environment to the recipients that are this member."""
        found = {}
        for stream in work.log.streams(SECRETS_STREAM):
            environment = stream.removeprefix(SECRETS_STREAM)
            recipients = work.vault(environment).recipients
            names = [name for name, key in recipients.items() if name == self.name or key in keys]
            if names:
                found[environment] = names
        return found
