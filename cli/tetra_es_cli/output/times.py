"""Times for people: in the zone that they chose, which is said with each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

_zone: list[tzinfo | None] = [None]
"""None for UTC, which needs no arithmetic: most start quicker without it."""


def use(name: str | None = None) -> None:
    """Take the zone that times are printed in, and that those typed without an offset are of.

    Raises `UsageError` where there is none of that name.
    """
    if name is None:
        _zone[0] = None
        return
    from tetra_es.zones import zone_named

    _zone[0] = zone_named(name)


def zone() -> tzinfo:
    """Return it."""
    from datetime import UTC

    return _zone[0] or UTC


def short_time(time: str | None) -> str | None:
    """Return an event's time for a table: to the second."""
    if not time:
        return None
    return _moved(time, "seconds") or f"{time[:19]}Z"


def with_short_times(text: str) -> str:
    """Return a text for a table, its times to the second and in the zone that was chosen."""
    import re  # few texts have times

    from tetra_es.refs import STORED_TIME

    return re.sub(STORED_TIME, lambda found: short_time(found[0]) or "", text)


def whole_time(time: str) -> str:
    """Return an event's time with all its digits."""
    return _moved(time, "microseconds") or time


def _moved(time: str, precision: str) -> str | None:
    """Return a time in the zone that was chosen, None where that is UTC."""
    if _zone[0] is None:
        return None
    from tetra_es.zones import in_zone

    return in_zone(time, _zone[0]).isoformat(timespec=precision).replace("+00:00", "Z")
