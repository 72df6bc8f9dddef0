"""Finding the events that REFs name, in the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.refs import RevisionRef
from tetra_es_projections.queries.views import Views

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.refs import Ref


class RefLookup:
    """Looks up REFs in the views at a path, which it opens for each question."""

    def __init__(self, views: Path) -> None:
        self._views = views

    def position_of(self, ref: Ref, environment: str | None = None) -> int:
        """Return the position of the event that `ref` names; see `Views.position_of`."""
        with Views(self._views) as views:
            return views.position_of(ref, environment)

    def moment_of(self, ref: Ref, environment: str) -> int:
        """Return the last position at which what `ref` names was the present state."""
        with Views(self._views) as views:
            return moment_of(views, ref, environment)


def moment_of(views: Views, ref: Ref, environment: str) -> int:
    """Return the last position at which what `ref` names was the present state.

    A revision stands until the next one begins: what is set while it is the present one belongs
    to it. Every other REF stands for one moment.
    """
    if not isinstance(ref, RevisionRef):
        return views.position_of(ref)
    return views.end_of(environment, views.position_of(ref, environment))
