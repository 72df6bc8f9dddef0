"""The commands that faults are tried on, and the states that they are run in."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from tests.conftest import Machine
from tests.first_edition.archive import DEMO, unpack

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "init": ("init", "acme", "--domain", "acme.example"),
    "set": ("set", "local", "ports.tetra=7777", "-m", "for a test"),
    "promote": ("promote", "dev"),
    "rollback": ("rollback", "dev", "--to", "dev@1"),
    "secret set": ("secret", "set", "dev", "TOKEN", "--from-file", "value"),
    "secret purge": ("secret", "purge", "dev", "OLD", "--version", "1", "-m", "leaked"),
    "purge": ("purge", "local", "app.entry", "-m", "leaked", "--yes"),
    "recipient add": ("recipient", "add", "dev", "bob", "bob.pub"),
    "member add": ("member", "add", "bob", "bob.line", "--reads", "dev"),
    "member rm": ("member", "rm", "carol"),
    "rebuild": ("rebuild",),
    "restore": ("restore", "--from", "backup.db"),
    "upgrade": ("upgrade",),
}
"""Each changes something in the state of `prepared`, or the one of `begun`."""

RARE: Final = ("member add", "member rm")
"""Those that are tried in the thorough run alone: `recipient add` is much like them."""

BEGIN: Final = ("init", "restore", "upgrade")
"""Those that are run again where they were stopped: nothing is recorded before they are done."""

NEXT: Final[tuple[tuple[str, ...], ...]] = (
    ("history", "-n", "1"),
    ("status",),
    ("show", "local"),
    ("set", "local", "logging.level=warn"),
    ("promote", "staging"),
)
"""What somebody may do next, reading or changing."""


def prepare(home: Path) -> Machine:
    """Return a machine with an organization that each of the commands has something to do in."""
    machine = Machine(home)
    machine.ok(*COMMANDS["init"])
    for port in ("5555", "6666"):
        machine.ok("set", "local", f"ports.tetra={port}")
        machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=6667")
    for entry in ("a secret", "none"):
        machine.ok("set", "local", f"app.entry={entry}")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    for value in ("the first value", "the second value"):
        machine.ok("secret", "set", "dev", "OLD", stdin=value)
    (home / "value").write_text("the value of a token")
    machine.ok("identity", "new", env={"XDG_CONFIG_HOME": str(home / "bob")})
    recipient = machine.ok("identity", "show", env={"XDG_CONFIG_HOME": str(home / "bob")}).out
    (home / "bob.pub").write_text(recipient)
    for name in ("bob", "carol"):
        line = machine.ok("identity", "line", env={"XDG_CONFIG_HOME": str(home / name)}).out
        (home / f"{name}.line").write_text(line)
    machine.ok("member", "add", "carol", "carol.line", "--reads", "dev")
    return machine


def begun(name: str, prepared: Machine, home: Path) -> Machine:
    """Return a machine that a command has something to do on."""
    if name == "init":
        home.mkdir(parents=True)
        return Machine(home)
    if name == "upgrade":
        return _old(home)
    machine = copy_of(prepared, home)
    if name == "restore":
        machine.ok("backup", "backup.db")
        shutil.rmtree(machine.folder)
    return machine


def _old(home: Path) -> Machine:
    """Return the machine of the signer of an organization that the first edition left."""
    from tests.integrity.conftest import BOB

    machine = unpack(home, DEMO)
    shutil.rmtree(home / ".config")
    (home / BOB).rename(home / ".config")
    return machine


def copy_of(machine: Machine, home: Path) -> Machine:
    """Return a copy of a machine."""
    shutil.copytree(machine.home, home, symlinks=True)
    return Machine(home)
