"""Whether the signer may record something, where that has to be known before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused

if TYPE_CHECKING:
    from tetra_es.usecases.unit_of_work import UnitOfWork


def check_may(work: UnitOfWork, limit: str) -> None:
    """Raise `Refused` where our key is not a signer's who may do this, such as `deploy:dev`."""
    actor = work.context().actor
    limits = work.organization().limits.get(actor)
    if limits is not None and limit not in limits:
        raise Refused(
            f"{actor} may not do this: it takes the right {limit}",
            hint="`tetra-es signer list` shows who may do what",
        )
