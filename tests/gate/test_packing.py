"""The gate's state as it is kept beside the pins, and read again."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.gate.test_keeping import opened
from tetra_es.gate.packing import pack, unpack
from tetra_es.gate.pins import checked

if TYPE_CHECKING:
    from typing import Any

    from tests.conftest import Machine


@pytest.fixture(scope="module")
def kept(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The kept state of a history with secrets, one of which was purged. Not to change."""
    machine = founded.copy(tmp_path_factory.mktemp("packed") / "home")
    machine.ok("promote", "dev")
    machine.ok("recipient", "add", "dev", "alice", machine.ok("identity", "new").out.strip())
    for value in ("one", "two"):
        machine.ok("secret", "set", "dev", "KEY", stdin=value)
    machine.ok("secret", "purge", "dev", "KEY", "--version", "1", "-m", "leaked")
    with opened(machine) as history:
        return json.loads(json.dumps(pack(history.replica.opened.gate.state)))  # type: ignore[no-any-return]


@pytest.fixture
def packed(kept: dict[str, Any]) -> dict[str, Any]:
    """A copy of that state."""
    return copy.deepcopy(kept)


def test_it_is_the_same_again(packed: dict[str, Any]) -> None:
    again = pack(unpack(copy.deepcopy(packed)))
    assert json.loads(json.dumps(again)) == packed


@pytest.mark.parametrize("part", [[], "x", 7, None])
@pytest.mark.parametrize("at", range(5))
def test_another_shape_is_no_state(packed: dict[str, Any], at: int, part: object) -> None:
    """Whatever is wrong with a state that was kept, another is made from the events."""
    packed["vaults"]["dev"][at] = part
    with suppress(*checked.WRONG):
        unpack(packed)
