"""The reasons of verdicts are documented, and none is given that is not."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tests.gate.test_gate import LONG
from tetra_es.gate.verdicts import Reason, Rejected

SECTION = (ROOT / "docs/format.md").read_text().split("\n### Reasons\n")[1].split("\n<!--")[0]
ROWS = re.findall(r"^\| `([a-z-]+)` \| (void|refused|unknown) \| (.+) \|$", SECTION, re.MULTILINE)


def test_every_reason_is_documented_once() -> None:
    assert sorted(name for name, _, _ in ROWS) == sorted(Reason)


def test_with_its_verdict() -> None:
    for name, verdict, _ in ROWS:
        if verdict != "void":
            assert Rejected(Reason(name), "").kind == verdict
    given = {(str(each.reason), str(each.kind)) for each in LONG.verdicts if each.reason}
    assert given <= {(name, verdict) for name, verdict, _ in ROWS}
