"""A shared organization, made once and copied for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sharing.people import ADDRESS, Team, bare_repository, knows, person
from tests.sharing.vectors import Hub, RepositoryHub

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture(scope="session")
def joined(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """Alice and Bob, both signers. For copies alone."""
    folder = tmp_path_factory.mktemp("joined")
    hub = bare_repository(folder / "hub.git")
    alice, bob = founded.copy(folder / "alice"), person(folder / "bob", "bob")
    for each in (alice, bob):
        knows(each, hub)
    alice.ok("share", ADDRESS)
    bob.ok("clone", ADDRESS)
    alice.ok("member", "add", "bob", "-", stdin=bob.ok("identity", "line").out)
    bob.ok("pull")
    return Team(hub, alice, bob)


@pytest.fixture
def team(joined: Team, tmp_path: Path) -> Team:
    """Alice and Bob, who have the same events and may both record."""
    return joined.copy(tmp_path)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """An empty repository of a host."""
    return bare_repository(tmp_path / "hub.git")


@pytest.fixture
def alice(founded: Machine, tmp_path: Path, hub: Path) -> Machine:
    """A machine with an organization that is not shared yet."""
    machine = founded.copy(tmp_path / "alice")
    knows(machine, hub)
    return machine


@pytest.fixture
def bob(tmp_path: Path, hub: Path) -> Machine:
    """A machine on which nothing was done yet."""
    machine = person(tmp_path / "bob", "bob")
    knows(machine, hub)
    return machine


@pytest.fixture
def vector_hub(tmp_path: Path) -> Hub:
    """A repository for the history of a conformance vector."""
    return RepositoryHub(tmp_path)
