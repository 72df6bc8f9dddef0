"""Which purge events are void since their signers had limits: known before any body is looked at.

Only a signer without limits may purge, or say who signs. So who had limits follows from events that
name no body, and what a signer with limits records is never asked about a body that is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.events.form.check import form_problem
from tetra_es.gate.rules import RULE_SETS
from tetra_es.gate.signatures import founders_of
from tetra_es.gate.state import Signer
from tetra_es.gate.verdicts import Kind
from tetra_es.log.purges import TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tetra_es.gate.entry import Entry
    from tetra_es.gate.state import State
    from tetra_es.gate.verdicts import Verdict

_PEOPLE: Final = frozenset(("signer.added", "signer.removed", "organization.upgraded"))
"""Topics of what decides who may record what."""


class Roles:
    """Follows the limits of signers, and nothing else.

    Signatures are not looked at: an event without a lawful one is refused, whatever comes of this.
    """

    def __init__(self, state: State, judge: Callable[[list[Entry], Signer], list[Verdict]]) -> None:
        """`judge` says of a batch what is, with `state` as the state before it."""
        self._state = state
        self._judge = judge
        self._is_sure = True
        """Whether the signers are those that there were; else limits can only be fewer."""

    def limited_purges(self, batches: Iterable[list[Entry]]) -> set[int]:
        """Return the positions of purge events that are void because of who recorded them."""
        found: set[int] = set()
        for batch in batches:
            if not self._state.organization:
                self._begin(batch)
                continue
            signer = self._state.signers.get(batch[0].actor)
            if signer is None:  # it is refused, and so is what comes after it
                break
            if signer.may is not None:
                found.update(entry.position for entry in batch if entry.topic in TOPICS)
            elif any(entry.topic in _PEOPLE for entry in batch):
                self._follow(batch, signer)
        return found

    def _begin(self, batch: list[Entry]) -> None:
        """Take in what founds the organization: where it is void, there is no history."""
        first = batch[0]
        for name, founder in founders_of(first).items():
            self._state.put(self._state.signers, name, founder)
        self._state.set(organization=first.record.hash.hex(), floor=first.rules)
        self._join(batch[1:])

    def _follow(self, batch: list[Entry], signer: Signer) -> None:
        """Take in a batch that changes who may record what, if it is valid."""
        if self._is_sure and all(entry.topic in _PEOPLE for entry in batch):
            if all(verdict.kind is Kind.VALID for verdict in self._judge(batch, signer)):
                for entry in batch:
                    RULE_SETS[entry.rules].apply(entry, self._state)
            return
        # Whether the rest of it is lawful may depend on a body, and so may the removal of limits.
        self._is_sure = False
        self._join(batch)

    def _join(self, batch: list[Entry]) -> None:
        """Give signers what a batch may give them, and take nothing away."""
        for entry in batch:
            if entry.topic != "signer.added" or _has_no_form(entry):
                continue
            name, may = entry.state["signer"], entry.state.get("may")
            before = self._state.signers.get(name, Signer("", frozenset()))
            limits = None if may is None or before.may is None else before.may | frozenset(may)
            self._state.put(self._state.signers, name, Signer(entry.state["key"], limits))


def _has_no_form(entry: Entry) -> bool:
    return form_problem(entry.record.stream, entry.topic, entry.state) is not None
