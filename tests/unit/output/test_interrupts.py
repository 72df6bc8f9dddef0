"""What an interrupted command says of what it recorded."""

from __future__ import annotations

import pytest

from tetra_es_cli.output import interrupts


@pytest.mark.parametrize(
    ("positions", "said"),
    [
        ([], "nothing was recorded"),
        ([9], "recorded as #9"),
        ([10, 9], "recorded as #9, #10"),
        ([*range(5, 40), 3, 41, 42], "recorded as #3, #5 to #39, #41, #42"),
    ],
)
def test_message(positions: list[int], said: str) -> None:
    interrupts.forget()  # what tests in this process recorded
    interrupts.remember(positions)
    try:
        assert interrupts.message() == f"interrupted; {said}"
    finally:
        interrupts.forget()
