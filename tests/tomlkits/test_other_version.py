"""Promotions that another version of tomlkit wrote: other bytes, and the same values."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
import tomlkit

from tests.conftest import ROOT
from tests.gate.histories import History
from tests.tomlkits.kinds import KINDS
from tetra_es.profiles.generate import apply_profile
from tetra_es.profiles.load import effective_profile
from tetra_es.toml.document import ConfigDocument

GOLDEN: Final[dict[str, Any]] = json.loads(
    (ROOT / "tests" / "data" / "generated-by-tomlkit.json").read_text()
)
"""The version, and what it made of each kind; never written again."""


def generated(text: str) -> str:
    places = {"org": "acme", "domain": "acme.example", "environment": "dev"}
    profile = effective_profile("dev", None)
    source = ConfigDocument("local", text)
    return apply_profile(source, profile, source_label="local@1", **places).text


def test_every_kind_is_there() -> None:
    assert GOLDEN["tomlkit"] == "0.13.3"
    assert GOLDEN["generated"].keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_the_gate_accepts_it(kind: str) -> None:
    history = History(local=KINDS[kind])
    history.lawful(history.promoted("dev", text=GOLDEN["generated"][kind]))
    history.lawful(history.promoted("staging"))


def test_the_bytes_are_others() -> None:
    """Else nothing would be shown here."""
    others = {kind for kind in KINDS if generated(KINDS[kind]) != GOLDEN["generated"][kind]}
    assert bool(others) == (tomlkit.__version__ != GOLDEN["tomlkit"])
