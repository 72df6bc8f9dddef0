"""Making somebody a member: a signer and, where wanted, a reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused
from tetra_es.gate.pins.sharing import sharing_of
from tetra_es.names import check_actor
from tetra_es.usecases.secrets.recipients import add_recipient
from tetra_es.usecases.signers import add_signer, check_limit
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.log.chain import Head
    from tetra_es.model.organization import Organization
    from tetra_es.model.secrets import Vault
    from tetra_es.usecases.members.key_file import MemberKeys
    from tetra_es.usecases.recorded import Recorded
    from tetra_es.usecases.secrets.recipients import Decrypting
    from tetra_es.usecases.unit_of_work import UnitOfWork
    from tetra_es.usecases.workspace import Workspace

EVERY = "all"
"""Stands for every environment of the organization."""


class New(NamedTuple):
    """What somebody could not do before."""

    signs: bool
    """Whether the key was not a signer's."""
    reads: Sequence[str]
    """The environments whose secrets the recipient did not read."""
    is_own: bool
    """Whether the member is the one who records it."""


@dataclass(frozen=True)
class AddMember(UseCase[New]):
    """Let somebody sign and read; of a member, what is missing is added."""

    name: str
    keys: MemberKeys
    reads: Sequence[str]
    """Environments, or `EVERY`."""
    may: Sequence[str]
    """Limits such as `promote:dev`; none for a signer without limits."""
    decrypting: Decrypting
    replace: bool = False
    """Whether the keys take the place of others that the member has."""

    def decide(self, work: UnitOfWork) -> New:
        """Decide it; return what of it is new.

        Raises `UsageError` for what is not a name, a limit or an environment, `Refused` where the
        name or the key is taken, or another key is to be replaced and that is not said.
        """
        check_actor(self.name)
        organization = work.organization()
        reads = self._environments(organization, work)
        recipient = self.keys.reader() if reads else ""
        signs = organization.signers.get(self.name) != self.keys.signing
        if signs:
            self._add_signer(work)
        elif self.may:
            self._let_do_more(work)
        missing = [
            name for name in reads if work.vault(name).recipients.get(self.name) != recipient
        ]
        for environment in missing:
            if self.name in work.vault(environment).recipients:
                self._check_replacing(f"reads {environment}")
                work.vault(environment).remove_recipient(
                    self.name, work.context(), another_follows=True
                )
            add_recipient(work, environment, self.name, recipient, self.decrypting)
        return New(signs, missing, self.keys.signing == work.key.public_line)

    def _add_signer(self, work: UnitOfWork) -> None:
        """Add the key, in the place of another one, with its limits, where there is one."""
        organization, may = work.organization(), self.may
        before = organization.signers.get(self.name)
        if before is not None:
            self._check_replacing("signs")
            if before == work.key.public_line:
                raise Refused(
                    "a key cannot replace itself: what follows would not be signed by a signer",
                    hint="another signer does it",
                )
            may = may or organization.limits.get(self.name, ())
            organization.remove_signer(self.name, work.context())
        add_signer(work, self.name, self.keys.signing, may)

    def _check_replacing(self, does: str) -> None:
        """Raise `Refused` unless it was said that keys are to be replaced."""
        if not self.replace:
            raise Refused(
                f"{self.name} {does} with another key already",
                hint="--replace has the new keys take the place of the old ones; where it is "
                "another person, use another name",
            )

    def _environments(self, organization: Organization, work: UnitOfWork) -> list[str]:
        """Return the environments to read, in promotion order: those that a lost key reads, too."""
        known = organization.manifest.environments
        if EVERY in self.reads:
            return list(known)
        for name in self.reads:
            organization.environment_named(name)
        return [name for name in known if name in self.reads or self._is_lost(work.vault(name))]

    def _is_lost(self, vault: Vault) -> bool:
        """Return whether another key of the member reads an environment, and is to be replaced."""
        before = vault.recipients.get(self.name)
        new = self.keys.recipient
        return self.replace and new is not None and before not in (None, new)

    def _let_do_more(self, work: UnitOfWork) -> None:
        """Add limits to those of a signer, by removing and adding the key in one batch."""
        organization = work.organization()
        for limit in self.may:
            check_limit(limit, organization)
        limits = organization.limits.get(self.name)
        if limits is None:
            raise Refused(
                f"{self.name} may do everything already, and a member is not limited later on",
                hint="remove the signer first, and add it again with limits",
            )
        if set(self.may) - set(limits):
            organization.remove_signer(self.name, work.context())
            add_signer(work, self.name, self.keys.signing, [*limits, *self.may])


class Added(NamedTuple):
    """What came of adding a member."""

    recorded: Sequence[Recorded]
    """The events; none where nothing was missing."""
    new: New
    head: Head
    """The newest event then: what the member expects of a copy of the history."""
    address: str | None
    """Where the history is shared, without a password; None for nowhere."""


def add_member(workspace: Workspace, member: AddMember) -> Added:
    """Record a new member, all or nothing."""
    done = workspace.act(member)
    head, shared = workspace.look(lambda work: (work.head(), sharing_of(work.pins)))
    return Added(done.recorded, done.result, head, shared.without_password if shared else None)
