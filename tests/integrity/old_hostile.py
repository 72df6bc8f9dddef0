"""An organization of the first edition in whose history a signer put what no command records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.gate.old_events import HOSTILE, changed, each_kind, founded, places
from tests.sharing.vectors import alice_at
from tetra_es.log.sqlite.engine import AppendableSqliteLog, create

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.conformance.builder import VectorBuilder
    from tests.conftest import Machine


def told(random: Random, each: int = 2) -> VectorBuilder:
    """Return a story with events of each kind, and hostile ones of bob among them."""
    story = founded()
    for draft in each_kind(story):
        spots = [place for place in places(json.loads(draft.state)) if place != ("metadata",)]
        for _ in range(each):
            odd = changed(draft, random.choice(spots), random.choice(HOSTILE))
            story.record(story.with_actor(odd, "bob"), by="bob", rules=0)
        story.record(story.with_actor(draft, "alice"), rules=0)
    return story


def machine_with(story: VectorBuilder, home: Path) -> Machine:
    """Return alice's machine with the history of a story."""
    machine = alice_at(home)
    machine.store.parent.mkdir(parents=True)
    create(machine.store)
    with AppendableSqliteLog(machine.store) as log:
        for record in story.log.all:
            named = [
                body
                for digest, body in story.log.bodies.items()
                if digest.hex().encode() in record.state
            ]
            log.append(log.head(), [record], bodies=named)
    return machine
