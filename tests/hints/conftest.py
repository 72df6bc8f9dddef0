"""The organization whose hints are pasted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.first_edition.archive import STAND_IN, machine_in
from tests.machine import copy_folder
from tetra_es.remote.transport import Local

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with dev and staging, a secret, and a colleague's keys. For copies alone."""
    machine = machine_in(tmp_path_factory.mktemp("hints") / "home")
    machine.home.mkdir()
    machine.ok("init", machine.org, "--domain", "acme.example")
    recipient = machine.ok("identity", "new").out.strip()
    for environment in ("dev", "staging"):
        machine.ok("promote", environment)
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("promote", "dev")
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "API_KEY", stdin="first\n")
    machine.ok("secret", "set", "dev", "API_KEY", stdin="second\n")
    return machine


@pytest.fixture
def machine(prepared: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A copy of that organization; its servers, and the machine itself as one, are a stand-in's."""
    home = tmp_path / "home"
    copy_folder(prepared.home, home)
    stand_in = [sys.executable, "-I", "-S", str(STAND_IN), str(home / "servers")]
    monkeypatch.setattr(Local, "argv", lambda here, *_: [*stand_in, "--", here.host, ""])
    return machine_in(home)
