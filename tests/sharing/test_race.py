"""Two machines record at the same time, and are killed: nothing acknowledged is lost or doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.examples import LONG_TAIL
from tests.sharing.racing import COMMANDS, KILLS, race

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sharing.people import Team


def test_two_machines_race(team: Team) -> None:
    race([*team], COMMANDS, KILLS)
    team.check_equal(whole=True)
    team.alice.ok("verify", "--against", str(team.bob.folder))


@LONG_TAIL
def test_eight_machines_race(team: Team, tmp_path: Path) -> None:
    """Eight clones, each with a state folder of its own."""
    more = [team.bob.copy(tmp_path / f"more{number}") for number in range(6)]
    race([*team, *more], max(COMMANDS // 4, 2), max(KILLS // 4, 1))
    team.check_equal(whole=True)
