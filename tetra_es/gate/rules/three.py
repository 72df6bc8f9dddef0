"""Rules 3: those of rules 2, and what sharing, undo and copies of secrets have in addition.

Which topics and fields they use in addition is in the table of forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from tetra_es.gate.rules.two import Two

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.gate.rules.one import Change, Check


class Three(Two):
    """The rules of number 3."""

    number = 3
    checks: ClassVar[Mapping[str, Check]] = {**Two.checks}
    changes: ClassVar[Mapping[str, Change]] = {**Two.changes}


RULES: Final = Three()
