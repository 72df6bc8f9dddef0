"""One organization with a history of several signers, and copies of it to tamper with."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine
from tests.first_edition.archive import DEMO, unpack
from tests.machine import copy_folder

if TYPE_CHECKING:
    from pathlib import Path

BOB = "bob-config"


@pytest.fixture(scope="session")
def new_demo(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization that alice founded, that bob joined and that alice left. Not to change."""
    machine = Machine(tmp_path_factory.mktemp("demo"))
    bob = {"XDG_CONFIG_HOME": str(machine.home / BOB)}
    machine.ok("init", "acme", "--domain", "acme.example")
    machine.ok("set", "local", "ports.tetra=5555", "-m", "the old one is taken")
    machine.ok("promote", "dev")
    machine.ok("signer", "add", "bob", machine.ok("signer", "new", env=bob).out.strip())
    machine.ok("set", "local", "resources.nofile=2048", env=bob)
    machine.ok("promote", "dev", env=bob)
    machine.ok("set", "profile", "staging", "logging.level=warn", env=bob)
    machine.ok("set", "manifest", "domain=acme.test")
    machine.ok("promote", "staging")
    machine.ok("rollback", "dev", "-m", "it was slower")
    machine.ok("signer", "rm", "alice", env=bob)
    machine.ok("set", "local", "ports.tetra=6666", env=bob)
    machine.ok("promote", "staging", env=bob)
    assert machine.last_position() == EVENTS
    return machine


EVENTS = 14


@pytest.fixture(scope="session")
def demo(new_demo: Machine) -> Machine:
    """The organization that a test is about; some modules take that of the first edition."""
    return new_demo


@pytest.fixture(scope="session")
def old_demo(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The same organization as the first edition left it. Not to change."""
    return unpack(tmp_path_factory.mktemp("old-demo") / "home", DEMO)


@pytest.fixture
def copy(demo: Machine, tmp_path: Path) -> Machine:
    """A copy of the demo organization and its keys."""
    home = tmp_path / "copy"
    copy_folder(demo.home, home)
    return Machine(home)


@pytest.fixture
def store(demo: Machine, tmp_path: Path) -> Path:
    """A copy of the demo organization's store alone."""
    path = tmp_path / "store" / "events.db"
    path.parent.mkdir()
    shutil.copy(demo.store, path)
    return path
