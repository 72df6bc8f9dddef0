"""What an event of a tail is decided again with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.usecases.config.merging import MergeTexts
    from tetra_es.usecases.rerecord.tail import PastBatch, Tail
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass
class Deciding:
    """The old line, the new one, and the batch that an event is of."""

    tail: Tail
    merge_texts: MergeTexts
    identities: Callable[[], Sequence[Identity]]
    work: UnitOfWork = field(init=False)
    batch: PastBatch = field(init=False)
