"""The digest of a profile is stored with every promotion: the same rules have the same for ever.

`profile_digests.json` holds overlays and the digests of what they amount to. A line is
never edited. A built-in profile that changes gets another digest, and a line of its own.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents import document
from tests.first_edition.archive import unpack
from tetra_es.profiles.load import builtin_names, effective_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.toml.document import ConfigDocument

GOLDEN: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("profile_digests.json").read_text("utf-8")
)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_same_rules_have_the_same_digest(name: str) -> None:
    golden = GOLDEN[name]
    overlay = None if golden["overlay"] is None else document("".join(golden["overlay"]))
    assert effective_profile(golden["environment"], overlay).digest == golden["digest"]


def test_there_is_one_for_every_built_in_profile() -> None:
    alone = {each["environment"] for each in GOLDEN.values() if each["overlay"] is None}
    assert alone == set(builtin_names())


def test_different_rules_have_different_digests() -> None:
    digests = [each["digest"] for name, each in GOLDEN.items() if not name.startswith("same as")]
    assert len(set(digests)) == len(digests)


def test_the_promotions_of_the_first_edition(tmp_path: Path) -> None:
    overlays: dict[str, ConfigDocument] = {}
    promotions = 0
    for topic, state in events(tmp_path):
        if topic == "profile.edited":
            overlays[state["environment"]] = document(state["text"])
        elif topic == "environment.promoted":
            name = state["environment"]
            assert effective_profile(name, overlays.get(name)).digest == state["profile_digest"]
            promotions += 1
    assert promotions == 16


def events(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield topic and state of each event of the first edition's organization."""
    with closing(sqlite3.connect(unpack(folder / "home").store)) as store:
        rows = store.execute("SELECT topic, state FROM stored_events ORDER BY rowid")
        for topic, state in rows.fetchall():
            yield topic, json.loads(state)
