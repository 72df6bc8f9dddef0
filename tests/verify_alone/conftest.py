"""An organization with something of everything, and clones of its mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine
from tests.machine import copy_folder
from tests.verify_alone.clone import Clone

if TYPE_CHECKING:
    from pathlib import Path

REASON = "as agreed:\n\n--- not the end\nEvent: 99\n\ttab and \u202e bell \x07 ~~~- >8 -~~~  \n"


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization that alice founded and that bob joined and left. Not to change."""
    machine = Machine(tmp_path_factory.mktemp("story"))
    bob = {"XDG_CONFIG_HOME": str(machine.home / "bob-config")}
    machine.ok("init", "acme", "--domain", "acme.example", "--actor", "alice@example.org")
    machine.ok("set", "local", "ports.tetra=5555", "-m", REASON)
    machine.ok("promote", "dev")
    machine.ok("signer", "add", "bob", machine.ok("signer", "new", env=bob).out.strip())
    local = machine.toml("local")
    local.write_text(local.read_text() + EXTRA)
    machine.ok("record", env=bob)
    machine.ok("promote", "dev", env=bob)
    machine.ok("set", "profile", "staging", "logging.level=warn", "resources.nofile=7", env=bob)
    machine.ok("set", "manifest", "domain=acme.test")
    machine.ok("rollback", "dev", "-m", "it was slower")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    for value in ("one", "two"):
        machine.ok("secret", "set", "dev", "A", stdin=value)
    machine.ok("secret", "set", "dev", "B", stdin="three")
    machine.ok("secret", "rm", "dev", "B")
    machine.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "leaked")
    machine.ok("env", "add", "qa", "--profile", "dev", "--after", "dev")
    machine.ok("signer", "rm", "bob")
    machine.ok("unset", "local", "odd")
    return machine


EXTRA = """
[odd]
"a key".x = [1, 2.50, 1e100, -inf, nan, true]
date = 1979-05-27T07:32:00Z
time = 07:32:00.5
text = "é \\u007f \\" \\n \\U0001F600"
empty = {}
inline = [{ a = 1 }, { b."c d" = [] }]
mixed = [{ a = 1 }, 2]
""" + "".join(f"k{number} = 0x{number:x}\n" for number in range(50))
"""More changes than a commit's message lists, and every kind of value."""


@pytest.fixture
def machine(story: Machine, tmp_path: Path) -> Machine:
    """A copy of the organization and its keys."""
    home = tmp_path / "copy"
    copy_folder(story.home, home)
    return Machine(home)


@pytest.fixture(scope="session")
def cloned(story: Machine, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone of its mirror. Not to change."""
    return Clone.of(story, tmp_path_factory.mktemp("cloned") / "clone.git")


@pytest.fixture
def clone(cloned: Clone, tmp_path: Path) -> Clone:
    """A copy of that clone."""
    return cloned.copy(tmp_path / "clone.git")
