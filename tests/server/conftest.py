"""The host that the tests of this folder share, and when they run at all."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.needs import elsewhere
from tests.server.host import Host
from tests.server.processes import until
from tests.server.releases import OLD, install, is_served
from tests.server.requirements import why_not
from tests.server.tree import build, cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a host unless it was asked for: it takes root and a minute to build."""
    mark = None if os.environ.get("TETRA_ES_SERVER") == "1" else elsewhere("`make test-server`")
    if mark is None and (reason := why_not()):
        mark = pytest.mark.skip(reason=reason)
    for item in items:
        if mark and item.nodeid.startswith("tests/server/"):
            item.add_marker(mark)


@pytest.fixture(scope="session")
def cached_tree() -> Path:
    """The cache folder with the tree in it."""
    build(cache())
    return cache()


@pytest.fixture(scope="session")
def shared_host(cached_tree: Path) -> Iterator[Host]:
    """A host that is up, for tests that leave it as they found it."""
    with Host(cached_tree) as host:
        yield host


@pytest.fixture
def host(cached_tree: Path) -> Iterator[Host]:
    """A new host, up: that takes a second, less than undoing what a test did to one."""
    with Host(cached_tree) as host:
        yield host


@pytest.fixture(scope="session")
def installed_content(
    cached_tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The content of the disk of a host that has the old release of `releases`."""
    folder = tmp_path_factory.mktemp("installed")
    with Host(cached_tree) as host:
        install(host)
        host.save(folder / "disk")
    yield folder / "disk"
    shutil.rmtree(folder)


@pytest.fixture
def installed(cached_tree: Path, installed_content: Path) -> Iterator[Host]:
    """A new host that serves the old release."""
    with Host(cached_tree, content=installed_content) as host:
        assert any(is_served(host, OLD) for _ in until())
        yield host
