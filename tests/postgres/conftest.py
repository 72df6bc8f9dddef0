"""The server that the tests of this folder have, one for each process that runs tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = os.environ.get("TETRA_ES_POSTGRES") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip them unless they are run by `make test-postgres`."""
    if not RUNS:
        for item in items:
            if "tests/postgres/" in item.nodeid:
                item.add_marker(pytest.mark.skip("runs elsewhere: `make test-postgres`"))


@pytest.fixture(scope="session", autouse=True)
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start a server, and stop it at the end."""
    if not RUNS:
        yield
        return
    folder = tmp_path_factory.mktemp("pg")
    started = server.start(str(folder))
    yield
    started.cleanup()
