"""The server that the tests of this folder have, one for each process that runs tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = os.environ.get("TETRA_ES_POSTGRES") == "1"


collect_ignore_glob = [] if RUNS else ["test_*"]
"""Without `make test-postgres` the driver is not installed."""


@pytest.fixture(scope="session", autouse=True)
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start a server, and stop it at the end."""
    folder = tmp_path_factory.mktemp("pg")
    started = server.start(str(folder))
    yield
    started.cleanup()
