"""What is decided together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.properties.world import new_world

if TYPE_CHECKING:
    from tetra_es.usecases.unit_of_work import UnitOfWork


def two_times(work: UnitOfWork) -> list[str]:
    return [work.context().now for _ in range(2)]


def test_it_has_one_time() -> None:
    with new_world() as world:
        work = world.begin()
        (first, same), _ = work.run(two_times)
        (later, as_late), _ = work.run(two_times)
    assert first == same < later == as_late
