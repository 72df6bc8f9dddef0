"""What a search leaves out of the history has nothing of what is looked for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from tetra_es_projections import checked_views
from tetra_es_projections.queries.tables.search_table import SearchTable
from tetra_es_projections.views import trigrams
from tetra_es_projections.views.schema import TABLES
from tetra_es_projections.views.trigrams import TEXTS, Trigrams, ranges

if TYPE_CHECKING:
    import pytest

    from tests.machine import Machine

WORDS = st.lists(
    st.text("abÄß%1.", max_size=6)
    | st.sampled_from(["alpha", "ALPHA.beta", "port 4001", "STRASSE"]),
    max_size=25,
)


@given(WORDS, st.text("abÄß1.", min_size=1, max_size=4), st.integers(0, 30), st.data())
def test_all_that_has_the_text_is_read(
    words: list[str], wanted: str, upto: int, data: st.DataObject
) -> None:
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as views,
        patch.object(trigrams, "BLOCK", 4),
    ):
        views.executescript(TABLES)
        noting = Trigrams(views)
        for position, word in enumerate(words, 1):
            views.execute(
                "INSERT INTO events VALUES (?, 's', NULL, 1, 't', 'alice', '', '', 1, ?, x'', '', "
                "NULL, NULL)",
                (position, word),
            )
            noting.take_in(position, (word, ""))
            if data.draw(st.booleans()):
                noting.write()
                noting = Trigrams(views)
        noting.write()
        found = [position for position, _ in SearchTable(views, wanted).texts(upto)]
    having = [at for at, word in enumerate(words, 1) if wanted.casefold() in word.casefold()]
    assert found == [at for at in reversed(having) if at <= upto]


@given(
    st.lists(st.sets(st.integers(0, 2 * 1024 - 1), max_size=40), max_size=9),
    st.sets(st.integers(0, 2 * 1024 - 1), min_size=1, max_size=12),
    st.integers(0, 9),
    st.sampled_from([1, 100]),
)
def test_blocks_are_found_that_have_all_bits(
    blocks: list[set[int]], wanted: set[int], last: int, few: int
) -> None:
    blocks = [bits | wanted if number % 2 else bits for number, bits in enumerate(blocks)]
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as views,
        patch.object(trigrams, "_FEW", few),
    ):
        views.executescript(TABLES)
        for number, bits in enumerate(blocks):
            whole = sum(1 << bit for bit in bits).to_bytes(2 * 128, "little")
            for half in range(2):
                row = (TEXTS, half, number, whole[half * 128 : half * 128 + 128])
                views.execute("INSERT INTO trigrams VALUES (?, ?, ?, ?)", row)
        found = trigrams._blocks(views, TEXTS, wanted, last)
    assert found == {at for at, bits in enumerate(blocks) if wanted <= bits and at <= last}


def test_blocks_without_the_text_are_not_read() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as views:
        views.executescript(TABLES)
        noting = Trigrams(views)
        for position in range(1, 20 * trigrams.BLOCK + 8):
            text = "needle" if position in (700, 2560, 2561) else f"event {position}"
            noting.take_in(position, (text, ""))
        noting.write()
        last = 20 * trigrams.BLOCK
        open_one = (last, 2**62)
        assert [*ranges(views, TEXTS, ["Needle"], 2**62)] == [open_one, (2560, 2815), (512, 767)]
        assert [*ranges(views, TEXTS, ["needle"], 2600)] == [(2560, 2600), (512, 767)]
        assert [*ranges(views, TEXTS, ["nowhere"], 2600)] == []
        assert [*ranges(views, TEXTS, ["nowhere", "event"], 600)] == [(0, 600)]
        assert [*ranges(views, TEXTS, ["ne"], 600)] == [(0, 600)]


def test_they_are_compared_with_the_events(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigrams, "BLOCK", 3)
    monkeypatch.setattr(checked_views, "BLOCK", 3)
    machine.ok("rebuild")
    for port in range(4001, 4006):
        machine.ok("set", "local", f"ports.tetra={port}", "-m", f"to {port}")
    machine.ok("rebuild", "--check")
    assert len(machine.ok("search", "4003", "-o", "json").json) > 1
    with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
        views.execute("UPDATE trigrams SET bits = zeroblob(128) WHERE slice >= 0 AND block = 1")
        views.commit()
    done = machine.fails(4, "rebuild", "--check")
    assert "trigrams differ from the events, first at #3" in done.out + done.err
