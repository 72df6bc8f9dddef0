"""What the tests of the log share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.log.contract import add
from tests.log.events import draft, drafts
from tetra_es.log.sqlite.engine import AppendableSqliteLog, create

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a log with three events and two bodies."""
    path = tmp_path / "events.db"
    create(path)
    with AppendableSqliteLog(path) as log:
        add(log, *drafts("a", 2), draft("b", 1), bodies=[b"one", b"two"])
    return path
