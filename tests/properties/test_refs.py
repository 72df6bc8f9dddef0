"""A REF is understood or refused in one way, whatever is typed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import CHARACTERS, examples
from tetra_es.errors import UsageError
from tetra_es.refs import (
    HashRef,
    PositionRef,
    Ref,
    RevisionRef,
    TimeRef,
    format_time,
    parse_end,
    parse_ref,
    parse_start,
)

MANY = examples(60)

# Text near a REF finds more than any text does.
NEAR = st.text("#@-:+TZ.Wabcdefl 0123456789²٣\n\0", max_size=32)


@MANY
@given(st.one_of(st.text(CHARACTERS, max_size=40), NEAR))
@example("9" * 5000)
@example("dev@" + "9" * 5000)
@example("9999-12-31T23:59:59-23:59")
@example("0001-01-01T00:00:00+23:59")
@example("\ud800")
@example("2026-W47-7")
@example("20261122")
@example("2026-11-22T24:00:00")
@example("2026-11-22T10:05:00.1234567890Z")
def test_a_ref_or_a_usage_error(text: str) -> None:
    ref: Ref | UsageError
    try:
        ref = parse_ref(text)
    except UsageError as error:
        ref = error
    assert isinstance(ref, PositionRef | RevisionRef | TimeRef | HashRef | UsageError)
    if isinstance(ref, UsageError):
        assert ref.hint
        assert "\n" not in ref.message
    if isinstance(ref, TimeRef):
        assert parse_end(ref.moment) == parse_start(ref.moment) == ref.moment


@MANY
@given(
    st.integers(0, 10**18 - 1),
    st.from_regex(r"[a-l][a-z0-9-]{0,10}", fullmatch=True, alphabet=CHARACTERS),
)
def test_what_is_meant_is_understood(number: int, name: str) -> None:
    for text in (str(number), f"#{number}"):
        ref = parse_ref(text)
        assert isinstance(ref, PositionRef)
        assert ref.position == number
    for text in (f"{name}@{number}", f"@{name}@{number}"):
        assert parse_ref(text) == RevisionRef(name, number)


@MANY
@given(st.lists(st.datetimes(timezones=st.timezones()), min_size=2, max_size=2))
def test_times_are_compared_as_text(moments: list[datetime]) -> None:
    try:
        written = [format_time(moment) for moment in moments]
    except OverflowError:
        return
    assert (written[0] < written[1]) == (moments[0].astimezone(UTC) < moments[1].astimezone(UTC))
    for text in written:
        assert parse_ref(text) == TimeRef(text)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-11-22", "2026-11-22T23:59:59.999999Z"),
        ("2026-11-22T10:05Z", "2026-11-22T10:05:59.999999Z"),
        ("2026-11-22 10:05", "2026-11-22T10:05:59.999999Z"),
        ("2026-11-22T11:05+01:00", "2026-11-22T10:05:59.999999Z"),
        ("20261122T100507Z", "2026-11-22T10:05:07.999999Z"),
        ("2026-11-22T10:05:07Z", "2026-11-22T10:05:07.999999Z"),
        ("2026-11-22T10+05:30", "2026-11-22T05:29:59.999999Z"),
        ("2026-11-22T10:05:07.5Z", "2026-11-22T10:05:07.500000Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_stands_for_the_end_of_what_is_written(text: str, end: str) -> None:
    assert parse_ref(text) == TimeRef(end)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("15:28", "15:28:59.999999Z"),
        ("15:28Z", "15:28:59.999999Z"),
        ("15:28:07", "15:28:07.999999Z"),
        ("00:00:07.5", "00:00:07.500000Z"),
    ],
)
def test_a_time_alone_is_of_today(text: str, end: str) -> None:
    days = {f"{datetime.now(UTC):%Y-%m-%d}"}
    ref = parse_ref(text)
    days.add(f"{datetime.now(UTC):%Y-%m-%d}")
    assert ref in [TimeRef(f"{day}T{end}") for day in days]


@pytest.mark.parametrize("text", ["24:61", "5:28", "15:", "15:28+01:00", "T15:28", "15:2\uff18"])
def test_what_is_not_a_time_alone(text: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"not a REF or time: {text!r}")):
        parse_ref(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7200),
        ("2 hours ago", 7200),
        ("2.hours.ago", 7200),
        ("1d12h", 129_600),
        ("1 day 2 hours ago", 93_600),
        ("5mins", 300),
        ("1 week", 604_800),
        ("10 s", 10),
    ],
)
def test_how_long_ago_is_written_as_git_takes_it_too(text: str, seconds: int) -> None:
    before = datetime.now(UTC)
    moment = datetime.fromisoformat(parse_start(text))
    assert 0 <= (moment - before).total_seconds() + seconds < 60
    assert parse_end(text)


def test_longer_ago_than_there_are_dates_is_no_time() -> None:
    with pytest.raises(UsageError):
        parse_start("99999w99999w99999w")
