"""What a signer put into an organization of the first edition stops neither upgrade nor mirror."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.integrity.conftest import BOB
from tests.integrity.looking import look
from tests.integrity.old_hostile import machine_with, told
from tests.integrity.tampering import append, key_of, state
from tests.verify_alone.clone import verify

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

ODD_FORMAT = {
    "actor": "bob",
    "reason": "",
    "correlation": "0123456789abcdef",
    "tool": "tetra-es/0",
    "format": "99",
}


@pytest.fixture(scope="session")
def demo(old_demo: Machine) -> Machine:
    """The organization of the first edition."""
    return old_demo


def test_the_upgrade_goes_on(copy: Machine) -> None:
    """A commit that nobody can make, a key that changes twice, and an unknown topic."""
    env = {"XDG_CONFIG_HOME": str(copy.home / BOB)}
    twice = {"revision": 3, "text": "", "changes": [["a", None, "1"], ["a", None, "2"]]}
    odd = [
        ("scan.exception_added", state("bob", metadata=ODD_FORMAT, file="local", key="a")),
        ("manifest.edited", state("bob", **twice)),
        ("org.renamed", state("bob", name="x")),
    ]
    for topic, stored in odd:
        last = append(copy.store, key_of(copy, "bob"), stream="org", topic=topic, state=stored)
    hint = copy.fails(4, "verify", env=env).hint()
    assert "`tetra-es upgrade` goes on" in hint
    copy.ok("upgrade", env=env)
    assert copy.ok("status", "-o", "json").json["void"] == [last - 2, last - 1, last]
    copy.ok("set", "local", "ports.tetra=3000", env=env)
    copy.ok("promote", "dev", env=env)
    copy.ok("verify")
    assert verify(copy.mirror).code == 0


@LONG_TAIL
def test_what_its_own_commands_believed(copy: Machine) -> None:
    """A revision that none can follow was in views, files and mirror; the upgrade takes it out."""
    env = {"XDG_CONFIG_HOME": str(copy.home / BOB)}
    fields = {"environment": "dev", "revision": 2**53 - 1, "changes": []}
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    stored = state("bob", **fields, text="", digest=empty)
    key = key_of(copy, "bob")
    append(copy.store, key, stream="env:dev", topic="environment.edited", state=stored)
    assert str(2**53 - 1) in copy.ok("status").out
    copy.ok("upgrade", env=env)
    assert str(2**53 - 1) not in copy.ok("status").out
    copy.ok("promote", "dev", "--force", env=env)  # its file is as that event had it
    copy.ok("verify")


@LONG_TAIL
@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_there_stops_nobody(tmp_path: Path, seed: int) -> None:
    story = told(Random(seed))
    machine = machine_with(story, tmp_path / "home")
    machine.ok("upgrade")
    machine.ok("set", "local", "ports.tetra=3000", "-m", "after it")
    machine.ok("promote", "dev")
    look(machine, range(1, len(story.log.all) + 1), tmp_path)
