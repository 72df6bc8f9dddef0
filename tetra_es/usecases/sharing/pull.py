"""Taking over what others recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused

if TYPE_CHECKING:
    from tetra_es.log.shared import SharedLog
    from tetra_es.usecases.unit_of_work import UnitOfWork


class Pulled(NamedTuple):
    """What is here now."""

    before: int
    """The newest event before."""
    last: int
    """The newest event."""


def check_shared(work: UnitOfWork) -> SharedLog:
    """Return the shared log. Raises `Refused` where an organization is not shared."""
    shared = work.shared
    if shared is None:
        raise Refused(
            "this organization is not shared: all of its events are here",
            hint="`tetra-es share URL` shares it by a git repository",
        )
    return shared
