"""Edits by hand, while a colleague records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.examples import LONG_TAIL
from tests.hand_edits.people import SECURITY, save

if TYPE_CHECKING:
    from tests.sharing.people import Team

BOTH = SECURITY.replace("false", "true").replace("level = 1", "level = 2")


def test_an_edit_waits_for_its_author_and_is_merged_then(team: Team) -> None:
    alice, bob = team.alice, team.bob
    save(alice, text=SECURITY)
    alice.ok("record")
    bob.ok("pull")
    alice.ok("set", "local", "security.alert=true", "-m", "turn alerts on")
    mine = save(bob, ("level = 1", "level = 2"))
    pulled = bob.ok("pull")
    assert "environments/local.toml has changes that are not recorded" in pulled.err
    assert bob.toml("local").read_text() == mine
    assert "typed on local@2, with local@3" in bob.ok("promote", "dev").err
    assert bob.toml("local").read_text() == BOTH
    alice.ok("pull")
    assert alice.toml("local").read_text() == BOTH
    # What comes with the command itself counts as well.
    alice.ok("set", "local", "security.level=7", "-m", "as the audit says")
    save(bob, ("level = 2", "level = 3"))
    failed = bob.run("promote", "dev")
    assert failed.code == 3
    assert "security.level was 2, is 3 in the file, and 7 in local@5" in failed.error()
    assert "by alice: as the audit says" in failed.error()
    bob.ok("record", "local", "--keep", "theirs")
    assert bob.toml("local").read_text() == BOTH.replace("level = 2", "level = 7")
    team.check_equal()


@LONG_TAIL
def test_a_file_that_was_emptied_is_not_merged(team: Team) -> None:
    """As an editor leaves it that is killed: what others add must not hide it."""
    alice, bob = team.alice, team.bob
    alice.ok("set", "local", "app.more=1")
    save(bob, text="")
    bob.ok("pull")
    assert "would remove" in bob.fails(3, "record", "local").error()
    bob.ok("record", "local", "--allow-empty")
    assert bob.toml("local").read_text().count(" = ") == 1
    team.check_equal()


def test_status_says_that_an_edit_was_typed_on_an_older_revision(team: Team) -> None:
    alice, bob = team
    path = bob.toml("local")
    path.write_text(f"{path.read_text()}# mine\n")
    assert "typed on" not in bob.ok("status").out
    assert bob.ok("status", "-o", "json").json["typed_on"] == {}
    alice.ok("set", "local", "app.x=1")
    bob.ok("pull")
    assert bob.ok("status", "-o", "json").json["typed_on"] == {"environments/local.toml": 2}
    said = bob.ok("status").out
    assert "typed on what it was at #2: it is merged with what was recorded since" in said
    bob.ok("record")
    assert "typed on" not in bob.ok("status").out
