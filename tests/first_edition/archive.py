"""Opening copies of the organization that the first edition left; see tests/data/first-edition."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tarfile
from typing import TYPE_CHECKING, Any

from tests.conftest import ROOT, Machine

if TYPE_CHECKING:
    from pathlib import Path

DATA = ROOT / "tests" / "data" / "first-edition"
ARCHIVE = DATA / "home.tar.gz"
DEMO = DATA / "demo.tar.gz"
GOLDEN: dict[str, Any] = json.loads((DATA / "golden.json").read_text())
STAND_IN = ROOT / "tests" / "servers" / "ssh.py"

ENVIRONMENTS = ("local", "dev", "qa", "staging", "prod")


def unpack(home: Path, archive: Path = ARCHIVE) -> Machine:
    """Unpack an archive to a new folder; return the machine of alice, who has it."""
    with tarfile.open(archive) as tar:
        for member in tar:
            path = home / member.name
            if member.isdir():
                path.mkdir(parents=True)
            elif (file := tar.extractfile(member)) is not None:
                with file:
                    path.write_bytes(file.read())
            path.chmod(member.mode)
    return machine_in(home)


def copy_of(machine: Machine, home: Path) -> Machine:
    """Copy an unpacked archive; what nobody ever changes in the mirror is shared."""
    shutil.copytree(machine.home, home, symlinks=True, copy_function=_copy)
    return machine_in(home)


def machine_in(home: Path) -> Machine:
    """Return a machine whose ssh leads to the stand-in's servers."""
    ssh = (sys.executable, "-I", "-S", str(STAND_IN), str(home / "servers"))
    return Machine(home, env={"TETRA_ES_SSH": shlex.join(ssh)})


def _copy(source: str, target: str) -> str:
    if "/history/.git/objects/" in source:
        os.link(source, target)
        return target
    return shutil.copy2(source, target)
