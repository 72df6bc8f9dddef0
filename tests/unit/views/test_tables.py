"""The tables of the views: none is left out of what is compared and of what is begun again."""

from __future__ import annotations

from tetra_es_projections.checked_views import IN_STEP, OF_EVENTS, OF_NOW
from tetra_es_projections.views.schema import MADE_OF_EVENTS


def test_every_table_that_is_made_of_events_is_compared_with_them() -> None:
    assert "deployments" in MADE_OF_EVENTS
    assert sorted(MADE_OF_EVENTS) == sorted([*OF_EVENTS, *OF_NOW, *IN_STEP])
