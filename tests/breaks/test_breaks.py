"""Each deliberate break of the code is caught by a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.breaks.breaking import breaks, is_caught
from tests.examples import LONG_TAIL
from tests.machine import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BREAKS = breaks()


@pytest.mark.parametrize("name", BREAKS)
def test_it_can_be_made(name: str) -> None:
    """The line is there, what replaces it compiles, and there are such tests."""
    one = BREAKS[name]
    text = (ROOT / one.file).read_text()
    broken = one.broken(text)
    assert broken != text
    compile(broken, one.file, "exec")
    assert all((ROOT / path).exists() for path in one.tests)


@pytest.mark.parametrize("name", BREAKS)
@LONG_TAIL
def test_it_is_caught(name: str, tmp_path: Path) -> None:
    assert is_caught(BREAKS[name], tmp_path), f"nothing notices when {BREAKS[name].what}"
