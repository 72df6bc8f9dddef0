"""No page reads the whole history: each question to a table that grows goes by an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plans import read_whole
from tests.web.pages.looking import asked_of
from tests.web.pages.test_live import GIVEN, OF
from tetra_es_web.links import LiveLinks
from tetra_es_web.pages.registry import PAGES
from tetra_es_web.pages.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.machine import Machine

MORE: list[tuple[str, str, Mapping[str, str]]] = [
    ("timeline", "", {"environment": "dev", "type": "secret"}),
    ("timeline", "", {"type": "environment.promoted", "before": "20"}),
    ("timeline", "", {"actor": "alice", "key": "ports"}),
    ("search", "", {"q": "4444"}),
    ("search", "", {"q": "nowhere", "environment": "dev"}),
    ("search", "", {"q": "alice", "before": "20"}),
    ("findings", "", {"at": "20"}),
    ("findings", "", {"kind": "backdated", "after": "1"}),
    ("secrets", "dev", {}),
    ("secrets", "dev", {"at": "20"}),
    ("signers", "", {"at": "20"}),
    ("environment", "dev", {"at": "20"}),
    ("compare", "", {"a": "dev@1", "b": "local"}),
]


@pytest.mark.parametrize(
    ("name", "of", "given"),
    [*((name, OF.get(name, ""), GIVEN.get(name, {})) for name in PAGES), *MORE],
    ids=lambda one: str(one)[:60],
)
def test_no_page_reads_a_whole_table(
    told: Machine, name: str, of: str, given: Mapping[str, str]
) -> None:
    with asked_of(told) as (moment, asked):
        assert PAGES[name](View(moment.reader, LiveLinks()), of, given)
        assert asked[0][1]
        for connection, questions in asked:
            for sql in dict.fromkeys(questions):
                assert read_whole(connection, sql) == [], sql
