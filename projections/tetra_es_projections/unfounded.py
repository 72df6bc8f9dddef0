"""An organization's folder without events: its `init` did not finish, or they are lost."""

from __future__ import annotations

import shlex
from contextlib import closing
from typing import TYPE_CHECKING

from tetra_es.errors import RESTORE_HINT, IntegrityFailure, TetraEsError
from tetra_es_projections.losses import reached
from tetra_es_projections.views.database import open_views_reading

if TYPE_CHECKING:
    from tetra_es.layout import OrgLayout
    from tetra_es_projections.mirror.git import Git


def unfounded(layout: OrgLayout, git: Git) -> TetraEsError:
    """Return the error for people about a store that has no events."""
    return lost_events(layout, git) or TetraEsError(
        f"there is no event store in {layout.root} yet: its init did not finish",
        hint=f"`tetra-es init {layout.root.name}` goes on; so does the same import",
    )


def lost_events(layout: OrgLayout, git: Git) -> IntegrityFailure | None:
    """Return the error for people where mirror or views have events and the store has none."""
    with closing(open_views_reading(layout.views)) as views:
        for what, position in reached(layout, git, views).items():
            if position:
                message = f"{layout.store} has no events: {what} to #{position}"
                return IntegrityFailure(
                    message, hint=_hint(layout) if "mirror" in what else RESTORE_HINT
                )
    return None


def _hint(layout: OrgLayout) -> str:
    again = shlex.join(("--from", str(layout.mirror), layout.root.name))
    return f"`tetra-es restore {again}` makes them again"
