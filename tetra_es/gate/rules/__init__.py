"""The numbered rules: they do no input or output, and a number never changes its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from tetra_es.gate.rules import first_edition, one, three, two

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.state import Signer, State
    from tetra_es.gate.verdicts import Broken


class RuleSet(Protocol):
    """The rules of one number. An event whose form and role are not lawful is never applied."""

    def check(self, entry: Entry, state: State, bodies: Bodies, signer: Signer) -> None:
        """Raise `Broken` where an event is void after the events before it.

        `signer` is the one who recorded it, with the limits of before its batch.

        Raises `Lacking` for a body that is not there, which the caller finds an answer to.
        """

    def check_batch(self, entries: Sequence[Entry], state: State) -> Broken | None:
        """Return what is wrong with a batch of several events, given the state after it."""

    def apply(self, entry: Entry, state: State) -> None:
        """Change the state as a valid event says."""

    def names(self, entry: Entry) -> Sequence[bytes]:
        """Return the digests of the bodies that an event names; none where it has no form."""

    def needs(self, entry: Entry, state: State) -> set[bytes]:
        """Return the digests of all bodies that `check` may look at, lawful or not."""


RULE_SETS: Final[Mapping[int, RuleSet]] = {
    0: first_edition.RULES,
    1: one.RULES,
    2: two.RULES,
    3: three.RULES,
}
