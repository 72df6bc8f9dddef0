"""REF: how people name a state.

41  #41        a position: the number of an event in the store
dev@7          a revision: the 7th state of dev; dev@prev is the one before the newest
manifest@2     a revision of the manifest; `profile dev@3` is one of dev's profile
2026-11-22     the last state at or before the end of that day
2026-11-22T10:05:00+01:00   the last state at or before the end of that second
15:28          the last state at or before the end of that minute today
2h  3d         the last state at or before that long ago; today, yesterday are days
3f2a91c        an event by its hash or by its commit in the mirror, 7 or more hexadecimal digits

A time without an offset is UTC, or of the zone that the caller has.
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple, TypeAlias

from tetra_es.errors import UsageError
from tetra_es.names import check_environment

# Compiled when first used: a command uses one or two of them.
_POSITION = r"#?([0-9]{1,18})"
_REVISION = r"@?((?:profile )?[a-z][a-z0-9-]*)@([0-9]{1,18}|prev)"
_CLOCK = r"[T ][0-9]{2}(?::?([0-9]{2})(?::?([0-9]{2})([.,][0-9]+)?)?)?"
_TIME_ALONE = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?Z?"
STORED_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
_DATE = r"\d{4}-\d\d-\d\d"
_HASH = r"[0-9a-f]{7,64}"
_HASH_MIN = 7
# Units in full, and dots for blanks, as git takes them.
_PIECE = r"([0-9]{1,5})[ .]?(s|m|min|h|d|w|second|minute|hour|day|week)s?"
_AGO = rf"{_PIECE}(?:[ .]?{_PIECE}){{0,3}}(?:[ .]ago)?"
_SECONDS = {
    **dict.fromkeys(("s", "sec"), 1),
    **dict.fromkeys(("m", "min"), 60),
    **dict.fromkeys(("h", "hou"), 3600),
    **dict.fromkeys(("d", "day"), 86400),
    **dict.fromkeys(("w", "wee"), 7 * 86400),
}
_DAYS = {"today": 0, "yesterday": 1}
_FILES = ("manifest", "profile")

PREVIOUS = -1
"""The revision before the newest."""

HINT = (
    "a REF is a position (41), a revision (dev@7, dev@prev), a time (2026-11-22T10:05Z, 10:05, "
    "2h, yesterday), a hash or a commit"
)
_TIME_HINT = "such as 2026-11-22, 2026-11-22T10:05Z, 10:05, 2h, 3d or yesterday"


class PositionRef(NamedTuple):
    """An event by its number in the store."""

    position: int
    maybe_hash: str | None = None
    """The same digits as those of a hash, where they are long enough."""


class RevisionRef(NamedTuple):
    """The nth state of an environment, or of a file that people edit."""

    environment: str
    """Or `manifest`, or `profile ENV`; `profile` alone where the caller has to know which."""
    revision: int
    """Its number, or `PREVIOUS`."""


class TimeRef(NamedTuple):
    """The last state at or before a time."""

    moment: str
    """RFC 3339, UTC, microseconds: comparable as text with the times of events."""


class HashRef(NamedTuple):
    """An event by a prefix of its hash, or of the id of its commit in the mirror."""

    prefix: str


Ref: TypeAlias = PositionRef | RevisionRef | TimeRef | HashRef


def parse_ref(text: str, zone: tzinfo = UTC, *, start: bool = False) -> Ref:
    """Return what `text` means. Raises `UsageError` when it is not a REF at all.

    A time without an offset is of the zone; it stands for its end, or with `start` for its
    beginning, for what is wanted from there on.
    """
    if match := re.fullmatch(_POSITION, text, re.ASCII):
        digits = match[1]
        return PositionRef(int(digits), text if len(text) >= _HASH_MIN and text == digits else None)
    if match := re.fullmatch(_REVISION, text, re.ASCII):
        number = PREVIOUS if match[2] == "prev" else int(match[2])
        return RevisionRef(_owner(match[1]), number)
    if re.fullmatch(_HASH, text.lower(), re.ASCII):
        return HashRef(text.lower())
    return TimeRef(_written((_start if start else _end)(text, zone), text, HINT))


def _owner(name: str) -> str:
    """Return what a revision is of. Raises `UsageError`."""
    first, _, environment = name.rpartition(" ")
    if first or name not in _FILES:
        check_environment(environment)
    return name


def ref_text(ref: Ref) -> str:
    """Return how a REF is written, for `parse_ref`."""
    match ref:
        case PositionRef(position, maybe_hash):
            return maybe_hash or str(position)
        case RevisionRef(environment, revision):
            return f"{environment}@{'prev' if revision == PREVIOUS else revision}"
        case TimeRef(moment):
            return moment
        case HashRef(prefix):
            return prefix


def parse_start(text: str, zone: tzinfo = UTC) -> str:
    """Return the first instant of a date or time, as events write it. Raises `UsageError`."""
    return _written(_start(text, zone), text, _TIME_HINT)


def parse_end(text: str, zone: tzinfo = UTC) -> str:
    """Return the last instant of a date or time as it is written: of its day, minute or second.

    So the time of an event, as it is printed, has that event. Raises `UsageError`.
    """
    return _written(_end(text, zone), text, _TIME_HINT)


def check_period(since: str | None, until: str | None) -> None:
    """Raise `UsageError` for a period that ends before it begins: in it, nothing ever happens."""
    if since is not None and until is not None and until < since:
        raise UsageError(
            f"the period ends before it begins: since {since}, until {until}",
            hint="the earlier time comes first; one without a date, such as 22:00, is of today",
        )


def _written(moment: datetime | None, text: str, hint: str) -> str:
    try:
        if moment is not None:
            return format_time(moment)
    except OverflowError:
        pass
    what = "REF or time" if hint is HINT else "date or time"
    raise UsageError(f"not a {what}: {text!r}", hint=hint)


def _start(text: str, zone: tzinfo) -> datetime | None:
    """Return the first instant of what is written, None where it is not a time."""
    now = datetime.now(UTC)
    if text == "now":
        return now
    try:
        if re.fullmatch(_AGO, text, re.ASCII):
            pieces = re.findall(_PIECE, text, re.ASCII)
            return now - timedelta(seconds=sum(int(n) * _SECONDS[unit[:3]] for n, unit in pieces))
        if text in _DAYS:
            day = now.astimezone(zone).date() - timedelta(days=_DAYS[text])
            return datetime.combine(day, time.min, zone)
        moment = datetime.fromisoformat(_with_day(text, zone))
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _end(text: str, zone: tzinfo) -> datetime | None:
    """Return the last instant of what is written, None where it is not a time."""
    moment = _start(text, zone)
    if moment is None or text == "now" or re.fullmatch(_AGO, text, re.ASCII):
        return moment
    written = re.search(_CLOCK, _with_day(text, zone))
    if written is None:
        return moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    if written[3]:
        return moment
    rest = timedelta(seconds=0 if written[2] else 59 if written[1] else 3599, microseconds=999_999)
    try:
        return moment + rest
    except OverflowError:
        return moment


def _with_day(text: str, zone: tzinfo) -> str:
    """Return a text with the date of today before a time that stands alone."""
    if re.fullmatch(_TIME_ALONE, text, re.ASCII):
        return f"{datetime.now(zone):%Y-%m-%d}T{text}"
    return text


def present_time() -> str:
    """Return what time it is, as events write it."""
    return format_time(datetime.now(UTC))


def format_time(moment: datetime) -> str:
    """Return a time with offset as events write it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_MIDNIGHT = (
    r"(?s:[0-9]{4}(?:-[0-9]{2}-[0-9]{2}.|[0-9]{4}.|-W[0-9]{2}(?:-[0-9][^0-9]|-|[^-])"
    r"|W[0-9]{2}(?:[0-9]?[^0-9]|[0-9]{1,2}(?=24(?:[0-9]{2})*(?![0-9]))))24)"
)
"""A date, what Python takes for the end of it, and the hour."""


def moment_of(value: str) -> datetime:
    """Return the time that a text has, in every version of Python alike. Raises `ValueError`.

    From 3.14 on, Python takes 24:00 for the next day. Verdicts must not depend on that.
    """
    if re.match(_MIDNIGHT, value):
        raise ValueError("there is no hour 24")
    return datetime.fromisoformat(value)


def stored_time(value: object) -> str | None:
    """Return the time that an event has as events write it today; None for anything else.

    The first edition wrote some in other forms; there has to be a zone, and a year of 1 to 9999 in
    UTC.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = moment_of(value)
        if moment.tzinfo is None:
            return None
        return value if re.fullmatch(STORED_TIME, value) else format_time(moment)
    except (ValueError, OverflowError):
        return None
