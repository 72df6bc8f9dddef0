"""Commit ids of format 1, for ever.

`golden/format1.jsonl` has stored records of every kind, and the commits that were first made of
them. Everybody with a clone of a mirror relies on these ids: lines are never edited. A change that
makes this test fail needs a new format number instead.
"""

from __future__ import annotations

import json
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.gate.rules.first_edition import LATER
from tetra_es.log.record import Record
from tetra_es_projections.mirror.check import expected_ids
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from tetra_es_projections.mirror.projection import Mirror

GOLDEN = Path(__file__).parent / "golden" / "format1.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text("ascii").splitlines()]
IDS = [(row["position"], row["commit"]) for row in ROWS]


def records() -> list[Record]:
    return [
        Record(
            row["position"],
            row["stream"],
            row["version"],
            row["topic"],
            row["state"].encode(),
            bytes.fromhex(row["previous"]),
            bytes.fromhex(row["hash"]),
            b64decode(row["signature"]),
        )
        for row in ROWS
    ]


# The age files that the secrets' events name; the third was purged.
CIPHERTEXTS = {
    sha256(data).digest(): data for data in (b"age file 0", b"age file 1", b"age file 3")
}


def content() -> TreeProjector:
    return TreeProjector(dict, CIPHERTEXTS.get)


def test_the_file_was_not_edited() -> None:
    # This id depends on every line before. New kinds of events are added after it.
    assert dict(IDS)[123456] == "45747a7ba17b12599b2185c15382b2f1ff0f9960"
    assert dict(IDS)[123465] == "975ef933871c116cac386cfc09b4c351100cca76"
    assert dict(IDS)[123471] == "0a7ca6e453f44e068354e0e75f9786c7af44f797"


def test_git_makes_the_golden_commits(mirror: Mirror) -> None:
    assert mirror.apply(records(), content()) == IDS


def test_computing_ids_without_git_gives_the_golden_commits() -> None:
    assert list(expected_ids(records(), None, content())) == IDS


def test_every_kind_of_event_is_among_them() -> None:
    assert {row["topic"] for row in ROWS} == set(EVENT_TYPES) - LATER
