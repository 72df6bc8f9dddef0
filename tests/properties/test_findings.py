"""The views note of events what a plain account of promotions and manifests says."""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import LONG_TAIL, examples
from tests.properties.world import World, new_world
from tetra_es.errors import TetraEsError
from tetra_es.refs import RevisionRef
from tetra_es.usecases.config.promote import Promote
from tetra_es.usecases.config.roll_back import RollBack
from tetra_es.usecases.config.roll_back_keys import RollBackKeys
from tetra_es.usecases.config.source_file import SOURCE
from tetra_es_projections.views.database import open_views
from tetra_es_projections.views.projection import apply_to_views

if TYPE_CHECKING:
    import sqlite3

GENERATED = ("dev", "staging", "prod")
GRADUAL = ("off", "advised", "required")
ORDERS = (
    *(GENERATED, GENERATED, ("dev", "prod", "staging"), ("staging", "dev", "prod")),
    *(("dev", "prod"), ("staging", "prod"), ("dev", "staging")),
)


class Step(NamedTuple):
    """What to do, and with what."""

    name: str
    words: tuple[Any, ...]


def _steps(name: str, *words: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.builds(lambda found: Step(name, found), st.tuples(*words))


_ENV, _BACK = st.sampled_from(GENERATED), st.integers(1, 3)
STEPS = st.one_of(
    _steps("set", st.integers(2000, 2003)),
    _steps("promote", _ENV),
    _steps("promote", _ENV),
    _steps("promote", _ENV),
    _steps("roll back", _ENV, _BACK),
    _steps("roll back keys", _ENV, _BACK),
    _steps("gradual", st.sampled_from(GRADUAL)),
    _steps("order", st.sampled_from(ORDERS)),
)
BEGINNING = [
    *(Step("promote", (name,)) for name in GENERATED),
    Step("set", (2000,)),
    *(Step("promote", (name,)) for name in GENERATED[:2]),
    Step("roll back keys", ("staging", 1)),
    Step("promote", ("staging",)),
]


class Account:
    """What an auditor with a notebook would write down."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.order, self.gradual = GENERATED, "advised"
        self.local = 1
        self.states: dict[str, list[tuple[int, bool]]] = {name: [] for name in GENERATED}
        """Of each revision: that of local, and whether it has all of it."""
        self.waits: dict[str, set[str]] = {}
        """Environment to those that it had to wait for when somebody last kept to that."""
        self.notes: set[tuple[str, int]] = set()
        self.unguarded: dict[int, set[tuple[str, str]]] = {}
        """Position to who no longer comes after whom."""
        self._guard()

    def step(self, step: Step) -> None:
        """Do something, and note it where it was not refused."""
        before = self.world.log.last_position()
        try:
            getattr(self, "_" + step.name.replace(" ", "_"))(*step.words)
        except TetraEsError:
            assert self.world.log.last_position() == before

    @property
    def _position(self) -> int:
        return self.world.log.last_position()

    def _set(self, port: int) -> None:
        if self.world.set(SOURCE, "ports.tetra", str(port)):
            self.local += 1

    def _promote(self, name: str) -> None:
        if not self.world.act(Promote(name)).recorded:
            return
        at = self.order.index(name)
        had = self.states[self.order[at - 1]][-1:] if at else []
        if at and self.gradual != "off" and had != [(self.local, True)]:
            self.notes.add(("out-of-order", self._position))
        self.states[name].append((self.local, True))

    def _roll_back(self, name: str, back: int) -> None:
        revision = len(self.states[name]) - back
        if revision > 0:
            self.world.act(RollBack(name, RevisionRef(name, revision)))
            self.states[name].append(self.states[name][revision - 1])

    def _roll_back_keys(self, name: str, back: int) -> None:
        revision = len(self.states[name]) - back
        if revision > 0:
            self.world.act(RollBackKeys(name, ["ports"], RevisionRef(name, revision)))
            self.states[name].append((self.states[name][-1][0], False))

    def _gradual(self, word: str) -> None:
        if self.world.set_manifest("promotion.gradual", json.dumps(word)):
            if GRADUAL.index(word) < GRADUAL.index(self.gradual):
                self.notes.add(("loosened", self._position))
            self.gradual = word
            self._guard()

    def _order(self, *names: Any) -> None:
        (self.order,) = names if self._ordered(*names) else (self.order,)
        self._guard()

    def _ordered(self, names: tuple[str, ...]) -> bool:
        return bool(self.world.set_manifest("environments", json.dumps(["local", *names])))

    def _guard(self) -> None:
        if self.gradual == "off":
            return
        for number, name in enumerate(self.order):
            now = set(self.order[:number])
            for gone in self.waits.get(name, set()) - now:
                self.notes.add(("loosened", self._position))
                self.unguarded.setdefault(self._position, set()).add((name, gone))
            self.waits[name] = now


def noted(connection: sqlite3.Connection) -> list[tuple[str, int, str]]:
    sql = "SELECT kind, position, what FROM findings WHERE kind IN ('out-of-order', 'loosened')"
    return [*connection.execute(sql)]


def check(steps: list[Step]) -> None:
    """Compare what is noted step by step with the account, and with what a rebuild notes."""
    with new_world() as world, closing(open_views(world.layout.views)) as views:
        account, reached = Account(world), 0
        for step in [*BEGINNING, *steps]:
            account.step(step)
            if world.log.last_position() > reached:
                apply_to_views(views, world.log, world.log.records(reached))
                reached = world.log.last_position()
            assert {row[:2] for row in noted(views)} == account.notes, step
        found = noted(views)
        for kind, position, what in found:
            told = re.findall(r"(\w+) no longer comes after ([\w ]+)", what)
            pairs = {(name, gone) for name, several in told for gone in several.split(" and ")}
            assert kind != "loosened" or pairs == account.unguarded.get(position, set())
        other = world.layout.views.with_name("other.db")
        with closing(open_views(other)) as again:
            apply_to_views(again, world.log, world.log.records())
            assert noted(again) == found


@examples(2)
@given(st.lists(STEPS, min_size=4, max_size=10))
def test_promotions_and_policies(steps: list[Step]) -> None:
    check(steps)


@LONG_TAIL
@examples(3)
@given(st.lists(STEPS, min_size=10, max_size=40))
def test_promotions_and_policies_for_long(steps: list[Step]) -> None:
    check(steps)
