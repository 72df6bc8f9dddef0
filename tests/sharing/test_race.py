"""Two machines record at the same time, and are killed: nothing acknowledged is lost or doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sharing.racing import COMMANDS, KILLS, race

if TYPE_CHECKING:
    from tests.sharing.people import Team


def test_two_machines_race(team: Team) -> None:
    race([*team], COMMANDS, KILLS)
    team.check_equal(whole=True)
    team.alice.ok("verify", "--against", str(team.bob.folder))
