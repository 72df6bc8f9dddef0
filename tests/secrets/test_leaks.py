"""The search for leaks finds what it is meant to find."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from tests.secrets.leaks import CHILD, Canary, Seen, places_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Machine

SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda value: value,
    "hex": lambda value: value.hex().encode(),
    "reversed": lambda value: value[::-1],
    "base64": b64encode,
    "base64 after 1": lambda value: b64encode(b"-" + value),
    "base64 after 2": lambda value: b64encode(b"--" + value + b"-"),
    "base64 after 3": lambda value: b64encode(b"---" + value + b"--"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_known(canary: Canary, spelling: str) -> None:
    written = SPELLINGS[spelling](canary.text.encode())
    assert canary.is_in(b"before " + written + b" after")
    assert not Canary.new().is_in(written)


def test_files_and_objects_are_looked_at(vault: Machine, canary: Canary) -> None:
    assert places_with(canary, vault) == []
    (vault.folder / "store" / "left").write_text(f"x{canary.text}")
    subprocess.run(
        ["git", "-C", str(vault.mirror), "hash-object", "-w", "--stdin"],
        input=canary.text.encode(),
        check=True,
        capture_output=True,
    )
    found = places_with(canary, vault)
    assert sum(place.endswith("store/left") for place in found) == 1
    assert sum(place.startswith("object ") for place in found) == 1
    assert sum("/objects/" in place for place in found) == 1


@pytest.mark.parametrize("where", ["arguments", "environment", "child"])
def test_processes_are_looked_at(canary: Canary, where: str) -> None:
    words = {"arguments": [canary.text], "environment": [], "child": [CHILD]}[where]
    process = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()", *words],
        env={} if where == "arguments" else {"VALUE": canary.text},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    seen = Seen()
    seen.look(canary)
    process.communicate(b"\n")
    assert [leak.split()[0] for leak in seen.leaks] == ([] if where == "child" else [where])
