"""The server that the tests of this folder have, one for each process that runs tests."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from tests.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.machine import Machine
    from tests.postgres.people import DatabaseTeam
    from tests.sharing.vectors import Hub

RUNS = os.environ.get("TETRA_ES_POSTGRES") == "1"


collect_ignore_glob = [] if RUNS else ["test_*"]
"""Without `make test-postgres` the driver is not installed."""


@pytest.fixture(scope="session", autouse=True)
def postgres() -> Iterator[None]:
    """Start a server, and stop it at the end.

    It runs as another user, whom another pytest, when it begins, would lock out of pytest's folder.
    """
    with tempfile.TemporaryDirectory(
        prefix="pg-of-tetra-es-",
        dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"),
        ignore_cleanup_errors=True,
    ) as folder:
        server.start(folder)
        yield
        server.control("stop", "-m", "fast")


@pytest.fixture
def team(founded: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatabaseTeam:
    """Alice and Bob, who have the same events and may both record."""
    from tests.postgres.people import joined_by_database

    return joined_by_database(founded, tmp_path, monkeypatch)


@pytest.fixture
def vector_hub(tmp_path: Path) -> Hub:
    """A database for the history of a conformance vector."""
    from tests.postgres.people import DatabaseHub

    return DatabaseHub(tmp_path)
