"""A file that somebody is in the middle of typing stops only what depends on it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.first_edition.archive import STAND_IN

if TYPE_CHECKING:
    from tests.conftest import Machine

HALF = "\n[half\n"
MARKERS = """
<<<<<<< HEAD
ports.tetra = 1
=======
ports.tetra = 2
>>>>>>> mine
"""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMtjcOJ2bz7JfQnCIaP8YxPIG2GCllUMdKGHLye2e068"


@pytest.fixture(scope="module", params=[HALF, MARKERS], ids=["half", "markers"])
def broken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with two states of dev and staging, whose local.toml is not TOML now."""
    from tests.conftest import Machine

    machine = Machine(tmp_path_factory.mktemp("half") / "home")
    machine.home.mkdir()
    machine.env["TETRA_ES_SSH"] = f"{sys.executable} -I -S {STAND_IN} {machine.home / 'servers'}"
    machine.ok("init", machine.org, "--domain", "acme.example")
    machine.ok("signer", "add", "bob", KEY)
    for port in ("5000", "6000"):
        machine.ok("set", "local", f"ports.tetra={port}")
        machine.ok("promote", "dev")
        machine.ok("promote", "staging")
    machine.ok("recipient", "add", "dev", "alice", machine.ok("identity", "new").out.strip())
    path = machine.toml("local")
    path.write_text(path.read_text() + request.param)
    return machine


@pytest.mark.parametrize(
    "command",
    [
        "rollback dev",
        "promote prod --from staging",
        "deploy dev --to web1 --dry-run",
        "signer rm bob",
        "secret set dev API_KEY",
        "env add qa --profile dev",
    ],
)
def test_what_does_not_depend_on_it_works_and_mentions_it(broken: Machine, command: str) -> None:
    before = broken.toml("local").read_text()
    done = broken.ok(*command.split(), stdin="value\n")
    line = re.escape("environments/local.toml has changes that are not recorded; fix it first: ")
    assert re.search(rf"{line}environments/local\.toml:\d+:", done.err)
    assert "`tetra-es record`" not in done.err  # which would fail
    assert broken.toml("local").read_text() == before


@pytest.mark.parametrize("command", ["promote dev", "record"])
def test_what_depends_on_it_names_file_and_line(broken: Machine, command: str) -> None:
    text = broken.toml("local").read_text()
    begins = "[half" if HALF in text else "<<<<<<< HEAD"
    line = text.splitlines().index(begins) + 1
    error = broken.fails(1, *command.split()).error()
    assert error.startswith(f"environments/local.toml:{line}:")
    assert begins in error
    assert broken.toml("local").read_text() == text
