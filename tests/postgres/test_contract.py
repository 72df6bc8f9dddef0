"""The engine in a database keeps to every rule of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.log.contract import RULES, LogUnderTest
from tests.log.engines import Postgres
from tests.log.rules import appending, bodies, fitness, processes

if TYPE_CHECKING:
    from pathlib import Path

MODULES = (appending, bodies, fitness, processes)

OF_FILES = {"nothing_of_what_was_purged_is_left_in_the_files"}
"""A server's files are its own: what is left there until pages are rewritten, the docs say."""


@pytest.mark.parametrize("rule", sorted(RULES.keys() - OF_FILES))
def test_it_keeps_to(rule: str, tmp_path: Path) -> None:
    engine = Postgres()
    engine.create(tmp_path)
    RULES[rule](LogUnderTest(engine, tmp_path))
