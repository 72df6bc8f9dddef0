"""Each part of the agent lists the variables that it sets: in a POSIX shell all of them are global,
so what one part sets, another may read or overwrite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PARTS = sorted((ROOT / "tetra_es/remote/agent").glob("*.sh"))
HEADER = re.compile(r"^# Globals: ((?:.|\n#   )+)\.$", re.MULTILINE)

ASSIGNMENT = re.compile(r"(?<![\w$\"'{/.-])([a-z_][a-z_0-9]*)=")
LOOP = re.compile(r"\bfor ([a-z_]+) in\b")
READ = re.compile(r"\bread -r ((?:[a-z_]+ ?)+)")


def set_in(text: str) -> set[str]:
    """Return the names of the variables that a part of the agent sets."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    code = "\n".join(lines)
    read = {name for names in READ.findall(code) for name in names.split()}
    return {*ASSIGNMENT.findall(code), *LOOP.findall(code), *read} - {"_"}


def test_variables_are_found() -> None:
    text = 'a=1\nfor b in 1; do c= d=2 x; done\nread -r e f <&3\n# g=1\necho "h=$i" --j=1\n'
    assert set_in(text) == {"a", "b", "c", "d", "e", "f"}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_each_part_lists_its_globals(part: Path) -> None:
    text = part.read_text()
    found = HEADER.search(text)
    assert found, "no header"
    listed = re.sub(r"\n#   ", " ", found[1]).split(", ")
    assert listed == (sorted(set_in(text)) or ["none"])
