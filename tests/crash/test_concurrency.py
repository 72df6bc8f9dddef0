"""Eight processes at once: every edit is recorded, nobody sees an error."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import MANY, acknowledged, check_repaired, check_sound, stored
from tests.examples import LONG_TAIL
from tests.properties.world import LOCAL, World, new_world
from tetra_es.integrity.store import verify_store
from tetra_es.log import deciding
from tetra_es.log.deciding import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Machine
    from tetra_es.usecases.recorded import Recorded
    from tetra_es.usecases.unit_of_work import UnitOfWork
from tetra_es.usecases.config.edit import Edit
from tetra_es.usecases.config.source_file import SOURCE

PROCESSES, EDITS = 8, 25 if MANY else 2


def test_eight_processes_that_edit(machine: Machine) -> None:
    def edit(who: int) -> list[int]:
        own = machine.forked()
        done = [
            own.ok("set", "local", f"edits.by{who}_{number}={who}", "-m", f"by {who}")
            for number in range(EDITS)
        ]
        assert [one.err for one in done] == [""] * EDITS
        return [position for one in done for position in acknowledged(one.out.encode())]

    machine.forked().ok("status")  # starts what forks
    with ThreadPoolExecutor(PROCESSES) as pool:
        said = list(pool.map(edit, range(PROCESSES)))
    assert [len(one) for one in said] == [EDITS] * PROCESSES
    positions = [position for one in said for position in one]
    assert sorted(positions) == list(range(3, 3 + PROCESSES * EDITS)) == sorted(stored(machine))[2:]
    text = machine.ok("show", "local").out
    for who in range(PROCESSES):
        for number in range(EDITS):
            assert f"by{who}_{number} = {who}\n" in text
    rows = machine.history("--type", "environment.edited")
    assert [row["revision"] for row in rows] == list(range(PROCESSES * EDITS + 1, 1, -1))
    check_repaired(machine)
    check_sound(machine)


def edit_once_somebody_else_did(world: World, others: Iterator[str]) -> Recorded:
    """Edit `local`; before each attempt to save, somebody else saves one of `others`."""

    other = World.beside(world)

    def decide(work: UnitOfWork) -> None:
        Edit(SOURCE, SOURCE.document(LOCAL + "# mine\n")).decide(work)
        for text in islice(others, 1):
            other.edit(text)

    try:
        return world.begin().run(decide)[1][0]
    finally:
        other.close()


def test_a_command_is_decided_anew_when_another_saved_in_between() -> None:
    with new_world() as world:
        recorded = edit_once_somebody_else_did(world, iter([LOCAL + "# one\n", LOCAL + "# two\n"]))
        assert recorded.position == 5
        assert getattr(recorded.event, "revision", None) == 4
        texts = [getattr(event, "text", "") for _, event in world.events()[2:]]
        assert texts == [LOCAL + f"# {who}\n" for who in ("one", "two", "mine")]
        assert verify_store(world.log).findings == []


@LONG_TAIL
def test_it_gives_up_in_the_end_and_has_recorded_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(deciding, "sleep", pauses.append)
    with new_world() as world:
        others = (LOCAL + f"# {number}\n" for number in range(100))
        with pytest.raises(ConflictError, match="gave up") as failed:
            edit_once_somebody_else_did(world, others)
        assert failed.value.hint
        assert len(pauses) == deciding.ATTEMPTS - 1
        assert max(pauses) < 1
        assert "# mine" not in world.history.environment("local").text
        assert verify_store(world.log).findings == []
