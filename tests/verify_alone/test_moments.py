"""Times of the first edition are the same in every version of Python, for both programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import tetra_es_verify
from tetra_es import refs
from tetra_es.events.form.types import is_moment
from tetra_es.refs import stored_time
from tetra_es_projections.mirror import format1


def from_3_14_on(text: str) -> datetime:
    """Read 24:00 as later versions do."""
    found = datetime.fromisoformat(text.replace("24:00", "00:00").replace("2400", "0000"))
    return found + timedelta(days=found.hour == 0 and "24" in text[10:])


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    fake: Any = SimpleNamespace(fromisoformat=from_3_14_on)
    monkeypatch.setattr(refs, "datetime", fake)
    monkeypatch.setattr(tetra_es_verify, "datetime", fake)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-27T24:00:00.000000Z",
        "2026-11-27 24:00+01:00",
        "20261127T2400Z",
        "2026-W48-5T24:00:00Z",
        "2026-11-27\n24:00Z",
    ],
)
@pytest.mark.usefixtures("later")
def test_the_end_of_a_day_is_no_time(text: str) -> None:
    assert not is_moment(text)
    assert not tetra_es_verify.is_moment(text)
    assert stored_time(text) is None
    assert tetra_es_verify.time_in({"timestamp": text}) == tetra_es_verify.NO_TIME
    assert tetra_es_verify.utc_time(text) == ""
    assert (format1._seconds(text), tetra_es_verify.seconds(text)) == (0, 0)


@pytest.mark.parametrize(
    "text", ["2024-11-24T00:24:24Z", "20241124T002424.24+02:24", "2024-W24-2T23:24Z"]
)
def test_others_are_what_they_were(text: str) -> None:
    moment = datetime.fromisoformat(text)
    assert is_moment(text)
    wanted = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    assert stored_time(text) == tetra_es_verify.time_in({"timestamp": text}) == wanted
    assert format1._seconds(text) == tetra_es_verify.seconds(text) == int(moment.timestamp())
