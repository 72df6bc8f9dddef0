"""Every engine keeps to every rule."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from eventsourcing.persistence import PersistenceError

from tests.conftest import ROOT
from tests.examples import LONG_TAIL
from tests.log.broken import BROKEN
from tests.log.contract import RULES, LogUnderTest
from tests.log.engines import ENGINES
from tests.log.rules import appending, bodies, fitness, processes
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.log.engines import Engine

MODULES = (appending, bodies, fitness, processes)

SOUND = ("a_new_log_ends_at_the_start", "a_hash_is_held_at_its_position_alone")


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("rule", RULES)
def test_an_engine(engine: Engine, rule: str, tmp_path: Path) -> None:
    engine.create(tmp_path)
    RULES[rule](LogUnderTest(engine, tmp_path))


def test_every_module_of_rules_is_run() -> None:
    assert len(MODULES) == len(list((ROOT / "tests/log/rules").glob("*.py")))
    assert {rule.__module__ for rule in RULES.values()} == {each.__name__ for each in MODULES}


def test_there_is_a_broken_engine_for_each_rule() -> None:
    assert set(BROKEN) == set(RULES)


DEAR = {name for name, rule in RULES.items() if rule.__module__ == processes.__name__}
"""Rules that start many processes: that they can fail, a thorough run shows."""


@pytest.mark.parametrize(
    "rule", [pytest.param(name, marks=[LONG_TAIL] * (name in DEAR)) for name in RULES]
)
def test_an_engine_that_breaks_a_rule_is_caught(rule: str, tmp_path: Path) -> None:
    """It is broken where the rule looks: it keeps to another one, and fails at its own."""
    engine = BROKEN[rule]()
    other = SOUND[rule == SOUND[0]]
    for name in (other, rule):
        (tmp_path / name).mkdir()
        engine.create(tmp_path / name)
    RULES[other](LogUnderTest(engine, tmp_path / other))
    try:
        RULES[rule](LogUnderTest(engine, tmp_path / rule))
    except (AssertionError, TetraEsError, PersistenceError, sqlite3.Error):
        return
    pytest.fail(f"{rule} does not catch {type(engine).__name__}")
