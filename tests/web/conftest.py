"""The service; `make test-web` installs what it needs, and runs these tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.machine import Machine
    from tests.web.service import Service

RUNS = os.environ.get("TETRA_ES_WEB") == "1"

collect_ignore_glob = [] if RUNS else ["test_*", "*/test_*"]
"""The daily tests do without web packages."""


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with a story of something of everything. Only to be looked at."""
    from tests.web.story import told_in

    return told_in(tmp_path_factory)


@pytest.fixture(scope="session")
def service(told: Machine) -> Iterator[Service]:
    """A service of that story."""
    from tests.web.service import serving

    with serving(told) as found:
        yield found
