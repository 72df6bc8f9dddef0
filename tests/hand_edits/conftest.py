"""What the tests of hand edits start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hand_edits.people import People, two_people

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture(scope="session")
def first_people(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> People:
    """Two people, to be copied."""
    folder = tmp_path_factory.mktemp("people")
    return two_people(founded.copy(folder / "alice"), folder / "bob-home")


@pytest.fixture
def people(first_people: People, tmp_path: Path) -> People:
    """Two people who have local@2."""
    copies = People(
        *(each.copy(tmp_path / name) for each, name in zip(first_people, "ab", strict=True))
    )
    for each in copies:
        each.ok("record")
    return copies
