"""An organization opened for looking at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tetra_es.layout import OrgLayout
    from tetra_es.store.log import EventLog
    from tetra_es_projections.queries.views import Views


class Reader(NamedTuple):
    """What queries work with: the events, and views in step with them."""

    layout: OrgLayout
    log: EventLog
    views: Views
