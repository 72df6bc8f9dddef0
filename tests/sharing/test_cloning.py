"""How a clone is fetched: what others on the machine see of it, and how long it waits."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.sharing.people import ADDRESS, also_knows
from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror import cloning

if TYPE_CHECKING:
    from tests.machine import Machine
    from tests.sharing.people import Team


def test_nothing_of_the_address_is_an_argument(alice: Machine, hub: Path, tmp_path: Path) -> None:
    """It may have a token, which others would read in the list of processes."""
    alice.ok("share", ADDRESS)
    address = "https://bob:token-of-bob@git.acme.example/acme.git"
    folder, said = tmp_path / "bin", tmp_path / "said"
    folder.mkdir()
    (folder / "git").write_text(
        f'#!/bin/sh\necho "$@" >>{said}\ncat {tmp_path}/*/*/config >>{said} 2>/dev/null\n'
        f'exec {shutil.which("git")} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    bob = tmp_path / "bob"
    bob.mkdir()
    machine = type(alice)(
        bob, env={"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    )
    also_knows(machine, hub, address)
    machine.ok("clone", address)
    assert "fetch" in said.read_text()
    assert "token-of-bob" not in said.read_text()


@pytest.mark.usefixtures("hub")
def test_there_is_no_history_yet(bob: Machine) -> None:
    refused = bob.fails(1, "clone", ADDRESS)
    assert refused.error() == f"cannot clone {ADDRESS}: there is no history yet"


@LONG_TAIL
def test_a_host_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = tmp_path / "silent"
    process = silent.with_name("process")
    silent.write_text(f"#!/bin/sh\necho $$ >{process}\nexec sleep 1000\n")
    silent.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(silent))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(cloning, "PATIENCE", 1)
    with pytest.raises(TetraEsError, match="no answer for"), cloning.cloned(ADDRESS):
        pass
    assert sorted(tmp_path.iterdir()) == [process, silent]
    running = Path(f"/proc/{process.read_text().strip()}/cmdline")
    assert not running.exists() or not running.read_bytes()  # it may wait to be counted


def test_what_a_killed_command_left_goes_with_the_next(team: Team, tmp_path: Path) -> None:
    """It has what was there then, which may have been purged since.

    One that is new may belong to a command of an older version, which holds none.
    """
    folder = tmp_path / "temporary"
    (folder / "tetra-es-clone-left" / "history").mkdir(parents=True)
    for name in ("tetra-es-merge-left", "another", "tetra-es-git-new"):
        (folder / name).mkdir()
    for name in ("tetra-es-clone-left", "tetra-es-merge-left", "another"):
        os.utime(folder / name, (1, 1))
    carol = type(team.bob)(tmp_path / "carol", env={"TMPDIR": str(folder)})
    carol.home.mkdir()
    carol.ok("clone", str(team.hub))
    assert sorted(each.name for each in folder.iterdir()) == ["another", "tetra-es-git-new"]
    os.utime(folder / "tetra-es-git-new", (1, 1))
    carol.ok("pull")
    assert [each.name for each in folder.iterdir()] == ["another"]
