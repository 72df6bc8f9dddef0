"""Every kind of event that the store can hold.

An event has fields of JSON types and never changes. `TOPIC` is its name for ever: it is stored,
hashed and signed, and renaming the class or its module changes nothing. `class_version` grows when
a field is added; `upcast_v1_v2(state)` then gives the field to states written before, in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.events.config import CONFIG_EVENTS
from tetra_es.events.deployments import DEPLOYMENT_EVENTS, HOST_EVENTS
from tetra_es.events.secrets import SECRET_EVENTS, BodiesPurged

if TYPE_CHECKING:
    from tetra_es.events.base import Event

_ALL: tuple[type[Event], ...] = (
    *CONFIG_EVENTS,
    *SECRET_EVENTS,
    BodiesPurged,
    *DEPLOYMENT_EVENTS,
    *HOST_EVENTS,
)
EVENT_TYPES: dict[str, type[Event]] = {cls.TOPIC: cls for cls in _ALL}
"""Topic to class, in the order of the catalogue."""
