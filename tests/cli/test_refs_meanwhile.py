"""REFs that are looked up while somebody else records: the events of one moment say what they name.

Views of the same events that lie are found all the same.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tetra_es.admission import Admission
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.layout import OrgLayout
from tetra_es.refs import parse_ref
from tetra_es.store.replica import open_replica
from tetra_es.usecases.purging import texts
from tetra_es_projections.queries.ref_lookup import RefLookup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.machine import Machine

TEXTS = ("local@prev", "local@2", "dev@1", "manifest@1", "profile dev@1", "now", "3", "2040-01-01")
ONE, OTHER = "app.entry=canary-1", "app.entry=canary-2"


@contextmanager
def looking(machine: Machine) -> Iterator[RefLookup]:
    layout = OrgLayout(machine.folder)
    admission = Admission(machine.home / ".local/state/tetra-es")
    with open_replica(layout.store, admission) as log:
        yield RefLookup(layout.views, log)


def replies(lookup: RefLookup) -> dict[object, int]:
    found: dict[object, int] = {}
    for text in TEXTS:
        ref = parse_ref(text.rpartition(" ")[2] if text != "profile dev@1" else "profile@1")
        file = {"manifest@1": "manifest", "profile dev@1": "profile dev"}.get(text)
        found[text] = lookup.position_of(ref, file)
        if file is None:
            environment = text.partition("@")[0] if "@" in text else "local"
            found[text, "moment"] = lookup.moment_of(ref, environment)
    found["now", "local"] = lookup.position_of(parse_ref("now"), "local")
    return found


@pytest.fixture
def edited(machine: Machine) -> Machine:
    machine.ok("set", "local", ONE)
    machine.ok("promote", "dev")
    machine.ok("set", "profile", "dev", "logging.level=warn")
    machine.ok("status")
    return machine


def record_more(machine: Machine) -> None:
    other = machine.forked()
    other.ok("set", "local", OTHER)
    other.ok("promote", "dev")


def test_views_that_went_on_name_what_the_log_has(edited: Machine) -> None:
    with looking(edited) as lookup:
        before = replies(lookup)
        record_more(edited)
        assert replies(lookup) == before
        with pytest.raises(TetraEsError, match="local@3 was recorded while") as raised:
            lookup.position_of(parse_ref("local@3"))
        assert not isinstance(raised.value, IntegrityFailure)
    with looking(edited) as lookup:
        after = replies(lookup)
        assert after["local@prev"] > before["local@prev"]
        assert lookup.position_of(parse_ref("local@3"))


def test_views_that_are_behind_do_not_hide_what_the_log_has(edited: Machine) -> None:
    views, older = edited.folder / "store/views.db", edited.home / "views.db"
    shutil.copyfile(views, older)
    record_more(edited)
    newest = edited.history()[0]
    with looking(edited) as lookup:
        wanted = replies(lookup)
        for path in views.parent.glob("views.db*"):
            path.unlink()
        shutil.copyfile(older, views)
        assert replies(lookup) == wanted
        assert lookup.position_of(parse_ref("local@3")) < newest["event"]
        assert lookup.position_of(parse_ref(newest["hash"][:12])) == newest["event"]
        assert lookup.position_of(parse_ref(str(newest["event"]))) == newest["event"]
        with pytest.raises(TetraEsError, match=r"there is no local@9$"):
            lookup.position_of(parse_ref("local@9"))


@pytest.mark.parametrize("text", ["local@prev", "local@2"])
def test_views_of_the_same_events_that_lie_are_told(edited: Machine, text: str) -> None:
    record_more(edited)
    with closing(sqlite3.connect(edited.folder / "store/views.db")) as views, views:
        views.execute("UPDATE states SET position = 1 WHERE environment = 'local'")
    told = pytest.raises(IntegrityFailure, match="lead to event #1, and the events do not")
    with looking(edited) as lookup, told:
        lookup.position_of(parse_ref(text))


def test_a_purge_of_a_previous_state_while_others_record(
    edited: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another command records between what this one reads of the events and of the views."""
    edited.ok("set", "local", OTHER)
    value_of = texts.value_of

    def meanwhile(*given: Any) -> str:
        edited.forked().ok("set", "local", "ports.tetra=4001")
        return value_of(*given)

    monkeypatch.setattr(texts, "value_of", meanwhile)
    edited.ok("promote", "dev")
    done = edited.ok("purge", "local", "app.entry", "--at", "local@prev", "-m", "why", "--yes")
    assert "local@2" in done.out
    assert "canary-1" not in edited.ok("history", "--changes").out
    assert "canary-2" in edited.ok("show", "dev").out
