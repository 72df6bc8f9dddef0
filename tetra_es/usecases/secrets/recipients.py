"""Who can read an environment's secrets. A change encrypts all of them again, or nothing."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.crypto.age.backend import encrypt
from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.names import check_actor
from tetra_es.usecases.secrets.ciphertexts import ciphertexts, digest_of, opened
from tetra_es.usecases.secrets.processes import for_each
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.events.metadata import Context
    from tetra_es.model.secrets import Vault
    from tetra_es.usecases.ports import Report
    from tetra_es.usecases.unit_of_work import UnitOfWork


class Decrypting(NamedTuple):
    """What encrypting present values again needs."""

    identities: Callable[[], Sequence[Identity]]
    """Asked only when there are secrets to decrypt."""
    report: Report


def add_recipient(
    work: UnitOfWork, environment: str, name: str, recipient: str, how: Decrypting
) -> None:
    """Decide that a recipient reads the environment's secrets, the present ones included."""
    vault, context = work.vault(work.organization().environment_named(environment)), work.context()
    text = parse_recipient(recipient).text
    encrypt(b"", [text])  # some keys are of the right form and still none: it shows here
    vault.add_recipient(check_actor(name, "a recipient"), text, context)
    re_encrypt(work, vault, how, context)


def remove_recipients(
    work: UnitOfWork, environment: str, names: Collection[str], how: Decrypting, context: Context
) -> None:
    """Decide that recipients no longer read what the environment's secrets are from now on."""
    vault = work.vault(environment)
    for name in names:
        vault.remove_recipient(name, context)
    re_encrypt(work, vault, how, context)


def re_encrypt(work: UnitOfWork, vault: Vault, how: Decrypting, context: Context) -> None:
    """Decide that all present secrets are encrypted again, for today's recipients."""
    digests: dict[str, str] = {}
    if vault.present:
        readers, identities = vault.readers, how.identities()
        total = len(vault.present)

        def again(file: tuple[str, bytes]) -> bytes:
            return encrypt(opened(vault, *file, identities), readers)

        files = list(ciphertexts(work.log, vault))
        for (key, _), data in zip(
            files,
            for_each(again, files, lambda done: how.report("secrets", done, total)),
            strict=True,
        ):
            digests[key] = digest_of(data)
            work.add_body(data)
    vault.re_encrypt(digests, context)


@dataclass(frozen=True)
class _ChangeRecipients(UseCase[str | None]):
    """Change the recipients; `identities` is asked only when there are secrets to decrypt."""

    environment: str
    name: str
    identities: Callable[[], Sequence[Identity]]
    report: Report

    def decide(self, work: UnitOfWork) -> str | None:
        """Decide the change; return the age recipient that `name` had before."""
        work.organization().environment_named(self.environment)
        before = work.vault(self.environment).recipients.get(self.name)
        self._change(work, Decrypting(self.identities, self.report))
        return before

    @abstractmethod
    def _change(self, work: UnitOfWork, how: Decrypting) -> None:
        """Decide who can read."""


@dataclass(frozen=True)
class AddRecipient(_ChangeRecipients):
    """Let a recipient read the environment's secrets, the present ones included.

    Raises `UsageError` for what is not a recipient, `Refused` for one that is there already.
    """

    recipient: str

    def _change(self, work: UnitOfWork, how: Decrypting) -> None:
        add_recipient(work, self.environment, self.name, self.recipient, how)


@dataclass(frozen=True)
class RemoveRecipient(_ChangeRecipients):
    """Let a recipient no longer read what the environment's secrets are from now on."""

    def _change(self, work: UnitOfWork, how: Decrypting) -> None:
        remove_recipients(work, self.environment, (self.name,), how, work.context())
