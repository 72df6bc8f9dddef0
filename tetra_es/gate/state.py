"""What the gate knows after the events that it admitted: what the rules look at, and no more.

Texts are not here, only where they are and their digests: memory stays nearly flat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tetra_es.gate.lineage import Lineage, StateAt
from tetra_es.layout import MANIFEST
from tetra_es.log.chain import START
from tetra_es.log.counting import Reached
from tetra_es.model.secrets import Vault, secrets_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tetra_es.events.base import Event

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Signer(NamedTuple):
    """Who may sign."""

    key: str
    """As in a `.pub` file, without a comment."""
    may: frozenset[str] | None = None
    """The limits; None for none."""


class State:
    """The facts. Change it by its methods alone: they can be taken back."""

    def __init__(self) -> None:
        self.head = START
        """The last event that was admitted."""
        self.organization = ""
        """Hash of event 1, hexadecimal: what tells this history from all others."""
        self.name = ""
        self.founder = ""
        """The founder's key, for ever the anchor; the founder may be no signer any more."""
        self.floor = 0
        """The least number of rules that an event may have."""
        self.signers: dict[str, Signer] = {}
        self.files: dict[str, Lineage] = {}
        """Environment to the organization's overlays; the manifests are at `MANIFEST`."""
        self.environments: dict[str, Lineage] = {}
        self.vaults: dict[str, Vault] = {}
        self.owners: dict[str, tuple[str, str]] = {}
        """Digest of each age file to the environment and key that it belongs to."""
        self.purged: dict[bytes, int] = {}
        """Digest of each body that was purged to the event that did it: the first valid one."""
        self.versions: dict[str, int] = {}
        """Stream to the number of its newest event, void ones included."""
        self.void: dict[int, str] = {}
        """Position to reason of the events that changed nothing."""
        self.reached = Reached()
        """What the effective times of later events rise from."""
        self._undo: list[Callable[[], object]] | None = None
        self._copied: set[str] = set()
        """The vaults that `roll_back` has as they were."""

    def copy(self) -> State:
        """Return another one that changes by itself; of one that is not being changed."""
        other = State()
        vars(other).update(vars(self), _undo=None, _copied=set())
        for name in ("signers", "owners", "purged", "versions", "void"):
            setattr(other, name, dict(getattr(self, name)))
        for name in ("files", "environments", "vaults"):
            setattr(other, name, {of: each.copy() for of, each in getattr(self, name).items()})
        return other

    @property
    def manifest(self) -> StateAt | None:
        """The present manifest, None where there is none."""
        return self.file(MANIFEST).newest

    @property
    def profiles(self) -> dict[str, StateAt]:
        """Environment to the organization's present overlay."""
        newest = {name: each.newest for name, each in self.files.items() if name != MANIFEST}
        return {name: at for name, at in newest.items() if at}

    def file(self, name: str) -> Lineage:
        """Return the texts of the manifest, or of an environment's overlay, in order."""
        return self.files.get(name) or Lineage()

    def environment(self, name: str) -> Lineage:
        """Return the states of an environment; an empty one is not kept."""
        return self.environments.get(name) or Lineage()

    def vault(self, environment: str) -> Vault:
        """Return the secrets of an environment. Change them by `apply_secrets` alone."""
        return self.vaults.get(environment) or Vault(secrets_stream(environment))

    def may_correct(self, name: str) -> bool:
        """Return whether a signer may say that times in the history are wrong: without limits."""
        signer = self.signers.get(name)
        return signer is not None and signer.may is None

    def put(self, into: dict[_Key, _Value], key: _Key, value: _Value) -> None:
        """Set a member of one of the tables."""
        if self._undo is not None:
            if key in into:
                old = into[key]
                self._undo.append(lambda: into.__setitem__(key, old))
            else:
                self._undo.append(lambda: into.pop(key))
        into[key] = value

    def purge(self, digests: Iterable[str], position: int) -> None:
        """Have bodies purged by an event, but for those that another one purged before."""
        for digest in map(bytes.fromhex, digests):
            if digest not in self.purged:
                self.put(self.purged, digest, position)

    def take(self, out_of: dict[_Key, _Value], key: _Key) -> None:
        """Remove a member of one of the tables."""
        old = out_of.pop(key)
        if self._undo is not None:
            self._undo.append(lambda: out_of.__setitem__(key, old))

    def set(self, **fields: Any) -> None:
        """Set some of the other fields."""
        old = {name: getattr(self, name) for name in fields}
        vars(self).update(fields)
        if self._undo is not None:
            self._undo.append(lambda: vars(self).update(old))

    def add_state(self, environment: str, state: StateAt) -> None:
        """Give an environment its next state."""
        self._add(self.environments, environment, state)

    def add_text(self, name: str, state: StateAt) -> None:
        """Give the manifest, or an environment's overlay, its next text."""
        self._add(self.files, name, state)

    def _add(self, lineages: dict[str, Lineage], name: str, state: StateAt) -> None:
        if name not in lineages:
            self.put(lineages, name, Lineage())
        lineage = lineages[name]
        lineage.add(state)
        if self._undo is not None:
            self._undo.append(lineage.drop)

    def apply_secrets(self, environment: str, event: Event) -> None:
        """Change the secrets of an environment as an event says."""
        vault = self.vault(environment)
        if self._undo is not None and environment not in self._copied:
            vault = vault.copy()
            self._copied.add(environment)
        vault.apply(event)
        if self.vaults.get(environment) is not vault:
            self.put(self.vaults, environment, vault)

    def begin(self) -> None:
        """Remember every change from now on, until `roll_back`."""
        self._undo, self._copied = [], set()

    def roll_back(self) -> None:
        """Take back all changes since `begin`."""
        undo, self._undo = self._undo or [], None
        for step in reversed(undo):
            step()
