"""Verifying: what counts as a finding, and what a person is told to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Never, cast

from tests.properties.world import LOCAL, World, new_world
from tetra_es.errors import RESTORE_HINT, IntegrityFailure
from tetra_es.gate.pins.sharing import Sharing
from tetra_es.usecases.rebuild import rebuild
from tetra_es.usecases.remotes import add_remote
from tetra_es.usecases.verify import REBUILD_HINT, Verification, verify

if TYPE_CHECKING:
    from tetra_es.usecases.ports import MirroredProjections


def _verified(world: World) -> Verification:
    return verify(world.projections())


def test_nothing_is_found_where_everything_agrees() -> None:
    with new_world() as world:
        world.catch_up()
        found = _verified(world)
        assert (found.findings, found.events, found.last) == ([], 2, 2)
        assert found.head == list(world.log.records())[-1].hash.hex()


def test_a_difference_is_rebuilt() -> None:
    with new_world() as world:
        world.catch_up()
        world.layout.file("manifest.toml").unlink()
        found = _verified(world)
        assert (found.findings, found.hint) == (["manifest.toml: is missing"], REBUILD_HINT)
        with world.projections() as projections:
            assert rebuild(projections, force=False).events == 2
        assert not _verified(world).findings


def test_what_goes_further_than_all_that_was_admitted_is_rebuilt() -> None:
    """Nobody lost it: it is of another store."""
    with new_world() as world, new_world() as other:
        world.edit(LOCAL + "\n[more]\n")
        world.catch_up()
        other.catch_up()
        other.layout.views.write_bytes(world.layout.views.read_bytes())
        assert _verified(other).hint == REBUILD_HINT
        with other.projections() as projections:
            projections.catch_up()
        assert not _verified(other).findings


def test_a_store_that_cannot_be_opened_is_a_finding() -> None:
    class _Damaged:
        def __enter__(self) -> Never:
            raise IntegrityFailure("events.db is damaged")

        def __exit__(self, *_: object) -> None:
            raise AssertionError

    assert verify(_Damaged()) == Verification(["events.db is damaged"], RESTORE_HINT)


def test_the_mirror_is_there_before_it_gets_a_remote() -> None:
    done: list[str] = []

    class _Recorder:
        remotes = property(lambda self: self)

        def catch_up(self) -> None:
            done.append("catch up")

        def add(self, name: str, url: str, shared: str | None) -> None:
            done.append(f"add {name} {url}, not {shared}")

    add_remote(cast("MirroredProjections", _Recorder()), "origin", "/elsewhere", Sharing("/hub"))
    assert done == ["catch up", "add origin /elsewhere, not /hub"]
