"""What waits in the state folder to be recorded, damaged: it is named and stops nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine

BATCH: dict[str, Any] = {
    "environment": "dev",
    "host": "web-1",
    "correlation": "abc",
    "reason": "",
    "deployment": None,
    "facts": [["stopped", "2026-11-26T10:00:00.000000Z", {}]],
}


@pytest.mark.parametrize(
    "changed",
    [
        {"environment": "../x"},
        {"facts": [["stopped", "yesterday", {}]]},
        {"facts": [["stopped", BATCH["facts"][0][1], {"more": 1}]]},
        {"reason": 5},
        {"correlation": 5},
        "[" * 100_000,
        None,
    ],
    ids=["environment", "time", "field", "reason", "correlation", "deep", "folder"],
)
def test_it_stops_nothing(machine: Machine, changed: dict[str, Any] | str | None) -> None:
    (pin,) = machine.home.glob(".local/state/tetra-es/*/pin.json")
    folder = pin.with_name("waiting")
    folder.mkdir(mode=0o700)
    file = folder / "20261126-x.json"
    if changed is None:
        file.mkdir()
    else:
        file.write_text(changed if isinstance(changed, str) else json.dumps(BATCH | changed))
    done = machine.ok("set", "local", "ports.tetra=5555")
    assert str(file) in done.err
    assert len(done.err.splitlines()) == 1
    assert file.exists()
    assert "verified" in machine.ok("verify").out
