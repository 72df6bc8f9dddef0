"""An organization that a secret got into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path

VALUE = "hunter-two-9"


def keep_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep aggregates beside the pins after a few events already."""
    monkeypatch.setattr("tetra_es.store.history.FOLDED", 2)


@pytest.fixture
def leaked(leaked_once: Machine, tmp_path: Path) -> Machine:
    """local, dev and staging had the value; none of them has it now."""
    return leaked_once.copy(tmp_path / "home")


@pytest.fixture(scope="session")
def leaked_once(bare_founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The organization that tests have copies of."""
    machine = Machine(bare_founded).copy(tmp_path_factory.mktemp("leaked") / "home")
    machine.ok("set", "local", f"app.entry={VALUE}", "app.other=1", "-m", "an oversight")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5001")
    machine.ok("promote", "staging")
    machine.ok("unset", "local", "app.entry")
    machine.ok("promote", "dev")
    machine.ok("promote", "staging")
    return machine


@pytest.fixture(scope="session")
def bare_founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of somebody with an organization. For copies alone."""
    machine = Machine(tmp_path_factory.mktemp("purging") / "home")
    machine.home.mkdir()
    machine.ok("init", machine.org, "--domain", "acme.example")
    return machine.home
