"""An organization with recipients, founded once and copied for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine
from tests.machine import copy_folder
from tests.secrets.canary_machine import CanaryMachine
from tests.secrets.leaks import Canary

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENTS = ("dev", "staging")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization whose dev and staging have one recipient, alice. For copies alone."""
    machine = Machine(tmp_path_factory.mktemp("founded"))
    machine.ok("init", machine.org, "--domain", "acme.example")
    recipient = machine.ok("identity", "new").out.strip()
    for environment in ENVIRONMENTS:
        machine.ok("promote", environment)
        machine.ok("recipient", "add", environment, "alice", recipient)
    machine.ok("identity", "new", env=config_of(machine, "bob"))
    return machine


def copy_of(machine: Machine, folder: Path) -> Machine:
    """Return a copy of a machine in a folder."""
    home = folder / "home"
    copy_folder(machine.home, home)
    return Machine(home)


@pytest.fixture
def vault(founded: Machine, tmp_path: Path) -> Machine:
    """A copy of that organization, with temporary folders of its own."""
    machine = copy_of(founded, tmp_path)
    for name, folder in (("TMPDIR", "tmp"), ("XDG_RUNTIME_DIR", "runtime")):
        (machine.home / folder).mkdir(mode=0o700)
        machine.env[name] = str(machine.home / folder)
    return machine


@pytest.fixture
def canary() -> Canary:
    """A value that nothing else holds."""
    return Canary.new()


def config_of(machine: Machine, name: str) -> dict[str, str]:
    """Return the variables under which a command is another person's."""
    return {"XDG_CONFIG_HOME": str(machine.home / name)}


@pytest.fixture
def bob(vault: Machine) -> dict[str, str]:
    """The variables of bob, who has an identity and is nobody's recipient yet."""
    return config_of(vault, "bob")


@pytest.fixture
def bobs_recipient(vault: Machine, bob: dict[str, str]) -> str:
    return vault.ok("identity", "show", env=bob).out.strip()


@pytest.fixture
def guarded(vault: Machine, canary: Canary) -> CanaryMachine:
    return CanaryMachine(vault, canary)
