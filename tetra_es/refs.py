"""REF: how people name a state.

41  #41        a position: the number of an event in the store
dev@7          a revision: the 7th state of dev
2026-11-22     the last state at or before the end of that day, UTC
2026-11-22T10:05:00+01:00   the last state at or before that moment; no offset means UTC
15:28          the last state at or before the end of that minute today, UTC
3f2a91c        a commit of the mirror, 7 or more of its hexadecimal digits
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import re
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, TypeAlias

from tetra_es.errors import UsageError
from tetra_es.names import check_environment

# Compiled when first used: a command uses one or two of them.
_POSITION = r"#?([0-9]{1,18})"
_REVISION = r"@?([a-z][a-z0-9-]*)@([0-9]{1,18})"
_CLOCK = r"[T ][0-9]{2}(?::?([0-9]{2})(?::?([0-9]{2})([.,][0-9]+)?)?)?"
_TIME_ALONE = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?Z?"
_DATE = r"\d{4}-\d\d-\d\d"
_COMMIT = r"[0-9a-f]{7,40}"
_COMMIT_MIN = 7

HINT = "a REF is a position (41), a revision (dev@7), a time (2026-11-22T10:05Z, 10:05) or a commit"


class PositionRef(NamedTuple):
    """An event by its number in the store."""

    position: int
    maybe_commit: str | None = None
    """The same digits as a commit id, where they are long enough to be one."""


class RevisionRef(NamedTuple):
    """An environment's nth state."""

    environment: str
    revision: int


class TimeRef(NamedTuple):
    """The last state at or before a time."""

    moment: str
    """RFC 3339, UTC, microseconds: comparable as text with the times of events."""


class CommitRef(NamedTuple):
    """A commit of the mirror, by a prefix of its id."""

    prefix: str


Ref: TypeAlias = PositionRef | RevisionRef | TimeRef | CommitRef


def parse_ref(text: str) -> Ref:
    """Return what `text` means. Raises `UsageError` when it is not a REF at all."""
    if match := re.fullmatch(_POSITION, text, re.ASCII):
        digits = match[1]
        return PositionRef(
            int(digits), text if len(text) >= _COMMIT_MIN and text == digits else None
        )
    if match := re.fullmatch(_REVISION, text, re.ASCII):
        return RevisionRef(check_environment(match[1]), int(match[2]))
    if re.fullmatch(_COMMIT, text.lower(), re.ASCII):
        return CommitRef(text.lower())
    return TimeRef(parse_end(text))


def ref_text(ref: Ref) -> str:
    """Return how a REF is written, for `parse_ref`."""
    match ref:
        case PositionRef(position, maybe_commit):
            return maybe_commit or str(position)
        case RevisionRef(environment, revision):
            return f"{environment}@{revision}"
        case TimeRef(moment):
            return moment
        case CommitRef(prefix):
            return prefix


def parse_time(text: str) -> str:
    """Return a date or time as events write it. Raises `UsageError`."""
    try:
        moment = datetime.fromisoformat(_with_day(text))
        if re.fullmatch(_DATE, text, re.ASCII):
            moment = datetime.combine(moment.date(), time.max)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return format_time(moment)
    except (ValueError, OverflowError):
        raise UsageError(f"not a REF or time: {text!r}", hint=HINT) from None


def parse_end(text: str) -> str:
    """Return the last instant of a date or time as it is written: of its day, minute or second.

    So the time of an event, as it is printed, has that event. Raises `UsageError`.
    """
    moment = parse_time(text)
    written = re.search(_CLOCK, _with_day(text))
    if written is None or written[3]:
        return moment
    rest = timedelta(seconds=0 if written[2] else 59 if written[1] else 3599, microseconds=999_999)
    try:
        return format_time(datetime.fromisoformat(moment) + rest)
    except OverflowError:
        return moment


def _with_day(text: str) -> str:
    """Return a text with the date of today before a time that stands alone: in UTC."""
    if re.fullmatch(_TIME_ALONE, text, re.ASCII):
        return f"{datetime.now(UTC):%Y-%m-%d}T{text}"
    return text


def format_time(moment: datetime) -> str:
    """Return a time with offset as events write it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
