"""A site for each test: a new organization and a new host."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.server.deploy.site import Site
from tests.server.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture
def site(machine: Machine, host: Host) -> Site:
    """Dev, ready for its first deployment."""
    found = Site(machine, host)
    found.prepare()
    return found


@pytest.fixture(scope="session")
def first_deployment(
    cached_tree: Path, founded: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Machine]]:
    """What a first deployment of dev leaves: the content of the server's disk, and the machine."""
    folder = tmp_path_factory.mktemp("served")
    with Host(cached_tree) as host:
        site = Site(founded.copy(folder / "home"), host)
        site.prepare()
        site.deploy()
        host.save(folder / "disk")
    yield folder / "disk", site.machine
    shutil.rmtree(folder)


@pytest.fixture
def served(
    first_deployment: tuple[Path, Machine], cached_tree: Path, tmp_path: Path
) -> Iterator[Site]:
    """Dev, deployed once and healthy; its server was switched on since."""
    content, machine = first_deployment
    with Host(cached_tree, content=content) as host:
        site = Site(machine.copy(tmp_path / "home"), host)
        site.use_ssh()
        site.about()
        yield site
