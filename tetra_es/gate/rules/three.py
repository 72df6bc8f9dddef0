"""Rules 3: those of rules 2, and what sharing, undo and copies of secrets have in addition.

Which topics and fields they use in addition is in the table of forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from tetra_es.gate.rules import copies, moving, taking_back
from tetra_es.gate.rules.two import Two

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.gate.entry import Entry
    from tetra_es.gate.lineage import StateAt
    from tetra_es.gate.rules.one import Change, Check
    from tetra_es.gate.state import State


class Three(Two):
    """The rules of number 3."""

    number = 3
    checks: ClassVar[Mapping[str, Check]] = {
        **Two.checks,
        **taking_back.CHECKS,
        **copies.CHECKS,
        **moving.CHECKS,
    }
    changes: ClassVar[Mapping[str, Change]] = {**Two.changes}

    def compared(self, entry: Entry, state: State) -> list[StateAt | None]:
        """Return the texts that an event of a lawful form is compared with."""
        return [*super().compared(entry, state), *taking_back.compared_with(entry, state)]


RULES: Final = Three()
