"""Two lawful lines, before they are shared: one of them has to give way."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from tests.examples import LONG_TAIL
from tests.sharing.people import ADDRESS

if TYPE_CHECKING:
    from tests.sharing.people import Team


@LONG_TAIL
def test_the_hint_leads_on_with_what_is_there(team: Team) -> None:
    alice, bob = team
    alice.ok("unshare")
    alice.ok("set", "local", "app.alices=1")
    bob.ok("set", "local", "app.bobs=1")
    done = alice.fails(4, "share", ADDRESS)
    assert "histories fork there" in done.error()
    for command in re.findall("`([^`]+)`", done.hint()):
        words = command.split()
        if words[0] == "tetra-es":
            alice.ok(*words[1:])
        else:
            subprocess.run(words, check=True)
    alice.ok("set", "local", "app.again=1")
    team.check_equal()
    assert "app.alices" not in alice.ok("show", "local").out
    aside = alice.folder.with_name(f"{alice.folder.name}.old")
    assert "app" in (aside / "environments/local.toml").read_text()
