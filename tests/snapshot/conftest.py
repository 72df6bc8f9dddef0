"""The archive that the snapshot is taken of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.snapshot.take import Taker, prepared

if TYPE_CHECKING:
    from tests.conftest import Machine


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The first edition's organization, for copies alone."""
    return prepared(tmp_path_factory.mktemp("archive") / "home")


@pytest.fixture(scope="session")
def taker(archive: Machine, tmp_path_factory: pytest.TempPathFactory) -> Taker:
    return Taker(archive, tmp_path_factory.mktemp("snapshot"))


@pytest.fixture(scope="session")
def by_process(archive: Machine, tmp_path_factory: pytest.TempPathFactory) -> Taker:
    """Runs every command as a process of its own."""
    return Taker(archive, tmp_path_factory.mktemp("by-process"), processes=True)
