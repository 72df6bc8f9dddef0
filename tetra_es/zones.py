"""Time zones by the names that people give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

from tetra_es.errors import UsageError


def zone_named(name: str) -> tzinfo:
    """Return `UTC`, `local`, an offset such as `+02:00`, or a zone such as `Europe/Berlin`.

    Raises `UsageError` for other names.
    """
    if name.upper() in ("UTC", "Z"):
        return UTC
    if name == "local":
        return _Local()
    try:
        if name[:1] in ("+", "-"):
            offset = datetime.strptime(name, "%z").utcoffset()
            return timezone(offset or timedelta(0))
        from zoneinfo import ZoneInfo  # few ask for one by name

        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise UsageError(
            f"not a time zone: {name!r}", hint="such as UTC, local, +02:00 or Europe/Berlin"
        ) from None


def in_zone(time: str, zone: tzinfo) -> datetime:
    """Return the time of an event in a zone; in UTC where the calendar ends before that."""
    moment = datetime.fromisoformat(time)
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return moment


class _Local(tzinfo):
    """The zone of the machine, or of $TZ."""

    def __str__(self) -> str:
        """Return what it is asked for by."""
        return "local"

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """Return its offset at a local time."""
        return (moment or datetime.now(UTC)).replace(tzinfo=None).astimezone().utcoffset()

    def fromutc(self, moment: datetime) -> datetime:
        """Return a time of UTC as local time."""
        return moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)

    def dst(self, _: datetime | None) -> timedelta | None:
        """Return nothing: the offset has it."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """Return its name at a local time."""
        return (moment or datetime.now(UTC)).replace(tzinfo=None).astimezone().tzname()
