"""A site for each test: a new organization and a new host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.deploy.site import Site

if TYPE_CHECKING:
    from tests.conftest import Machine
    from tests.server.host import Host


@pytest.fixture
def site(machine: Machine, host: Host) -> Site:
    """Dev, ready for its first deployment."""
    found = Site(machine, host)
    found.prepare()
    return found


@pytest.fixture
def served(site: Site) -> Site:
    """Dev, deployed once and healthy."""
    site.deploy()
    return site
