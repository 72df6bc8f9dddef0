"""Files, views and mirror are behind: a command was interrupted after it had recorded.

`verify` warns of that where each is what the events up to its own position make it.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import product
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.integrity.conftest import BOB
from tests.mirrors import WHO

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.machine import Machine

POINTS = (
    "tetra_es_projections.advance.Advance._advance_views",
    "tetra_es_projections.advance.Advance._advance_files",
    "tetra_es_projections.working_files.Files._remember",
    "tetra_es_projections.advance.Advance._advance_mirror",
    "tetra_es_projections.views.commits.Commits.add",
)
"""Where a command is interrupted."""


@pytest.fixture
def copy(copy: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A copy of the demo organization, where bob is at work; nothing is waited for."""
    monkeypatch.setattr("tetra_es_projections.moment._PATIENCE", 0)
    copy.env["XDG_CONFIG_HOME"] = str(copy.home / BOB)
    return copy


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("set", "local", "ports.tetra=7777"),
    ("set", "manifest", "domain=acme.net"),
    ("promote", "qa"),
    ("promote", "dev"),
    ("env", "add", "other", "--profile", "dev"),
)


def interrupt(machine: Machine, monkeypatch: pytest.MonkeyPatch, point: str, *words: str) -> int:
    """Have a command interrupted after it recorded; return the position of its event."""
    before, original = machine.last_position(), resolve_name(point)

    def interrupted(*given: Any, **more: Any) -> Any:
        if machine.last_position() > before:
            raise KeyboardInterrupt
        return original(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(point, interrupted)
        assert machine.run(*words).code == 130
    return machine.last_position()


@pytest.mark.parametrize(("words", "point"), some(product(COMMANDS, POINTS), 1))
def test_what_is_behind_is_said_to_be(
    copy: Machine, monkeypatch: pytest.MonkeyPatch, point: str, words: tuple[str, ...]
) -> None:
    if words[-1] == "qa":
        copy.ok("env", "add", "qa", "--profile", "dev")
    before = copy.last_position()
    last = interrupt(copy, monkeypatch, point, *words)
    assert last > before
    done = copy.ok("verify")
    assert done.out.startswith(
        f"verified {last} events: chain and signatures\n"
        f"  files, views and mirror agree up to #{before}\n"
    )
    assert (
        f"tetra-es: warning: files, views and mirror are behind: all of them have the events "
        f"up to #{before}\n"
        "tetra-es: hint: the next command writes the rest, such as `tetra-es rebuild`\n"
    ) in done.err
    found = copy.ok("verify", "-o", "json").json
    assert (found["clean"], found["findings"], found["behind"]) == (True, [], before)
    assert copy.fails(4, "rebuild", "--check").out.startswith("files, views and mirror are behind")
    copy.ok("history", "-n", "1")
    done = copy.ok("verify")
    assert "warning" not in done.err
    assert "files, views and mirror agree" in done.out
    assert copy.ok("verify", "-o", "json").json["behind"] is None
    copy.ok("rebuild", "--check")


def sql(statement: str) -> Callable[[Machine], None]:
    def change(machine: Machine) -> None:
        with closing(sqlite3.connect(machine.folder / "store/views.db")) as views, views:
            assert views.execute(statement).rowcount > 0

    return change


def older(machine: Machine) -> None:
    """Put back what was replaced before the events that are missing."""
    machine.toml("local").write_text(machine.git("show", "main~12:environments/local.toml"))


def unrecorded(machine: Machine) -> None:
    machine.toml("dev").write_text("x = 1\n")


def unknown(machine: Machine) -> None:
    (machine.folder / "environments/ghost.toml").write_text("x = 1\n")


def missing(machine: Machine) -> None:
    machine.toml("dev").unlink()


def shorter(machine: Machine) -> None:
    machine.git("update-ref", "refs/heads/main", "main~1")


def other(machine: Machine) -> None:
    """Another commit of the newest event that the mirror has."""
    tree, parent = machine.git("rev-parse", "main^{tree}", "main~1").split()
    commit = machine.git(*WHO, "commit-tree", tree, "-p", parent, "-m", "x")
    machine.git("update-ref", "refs/heads/main", commit.strip())


WRONG: dict[Callable[[Machine], None], str] = {
    older: "environments/local.toml: is an older revision",
    unrecorded: "environments/dev.toml: does not match the recorded state",
    unknown: "environments/ghost.toml: no event made this file",
    missing: "environments/dev.toml: is missing",
    shorter: "the mirror has no commit of event #14, nor of any after it",
    other: "the mirror's commit of event #14 was rewritten",
    sql("UPDATE events SET actor = 'x' WHERE position = 13"): "views.db: events differ",
    sql("INSERT INTO changes VALUES (15, 1, NULL, '1')"): "views.db: changes differ",
    sql("DELETE FROM states WHERE position = 14"): "views.db: states differ",
    sql("UPDATE latest SET after = 'x' WHERE position = 10"): "views.db: latest differ",
    sql("DELETE FROM commits WHERE position = 14"): "views.db: commits differ",
    sql("INSERT INTO commits VALUES (15, zeroblob(20))"): "views.db: commits differ",
    sql("UPDATE files SET digest = 'x' WHERE path = 'manifest.toml'"): "views.db: files differ",
    sql("UPDATE progress SET position = 13"): "views.db: ",
    sql("UPDATE progress SET position = 15"): "the views say that they go to #15, and end at #14",
    sql("UPDATE progress SET position = 0 WHERE projection = 'files'"): "views.db: files differ",
}


@pytest.mark.parametrize("wrong", some(WRONG, 6), ids=lambda wrong: f"{[*WRONG].index(wrong)}")
def test_what_differs_at_its_own_position_is_a_finding(
    copy: Machine, monkeypatch: pytest.MonkeyPatch, wrong: Callable[[Machine], None]
) -> None:
    interrupt(copy, monkeypatch, POINTS[0], *COMMANDS[0])
    wrong(copy)
    done = copy.run("verify", "-o", "json")
    found = json.loads(done.out)
    assert (done.code, found["clean"]) == (4, False)
    assert [one for one in found["findings"] if WRONG[wrong] in one], found
