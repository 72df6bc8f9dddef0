"""A schedule is what cron takes, or empty."""

from __future__ import annotations

import pytest

from tetra_es.schema.schedule import is_schedule


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "0 3 * * *",
        "*/15 0-6 1,15 jan-mar MON-FRI",
        "59 23 31 12 7",
        "0 0 * * 0",
        "5-40/5 * * * *",
    ],
)
def test_what_cron_takes(schedule: str) -> None:
    assert is_schedule(schedule)


@pytest.mark.parametrize(
    "schedule",
    [
        *("a b c d e", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8"),
        *("0 3 * *", "0 3 * * * *", "5-1 * * * *", "*/0 * * * *", "1, * * * *", "- * * * *", " "),
        *("mon * * * *", "0 3 * * m\u00f6n", 5, None),
    ],
)
def test_what_cron_refuses(schedule: object) -> None:
    assert not is_schedule(schedule)
