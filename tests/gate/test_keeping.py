"""What a process that records for long keeps beside the pins, and how often."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.documents import document
from tetra_es.admission import Admission
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.store.history import FOLDED, History
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es_projections.queries.ref_lookup import RefLookup

if TYPE_CHECKING:
    import pytest

    from tests.conftest import Machine


def opened(machine: Machine) -> History:
    key = OwnKey(machine.home / ".config/tetra-es/id_ed25519").load()
    return History(machine.store, key, Admission(machine.home / ".local/state/tetra-es"))


def edit(history: History, numbers: range) -> None:
    """Record edits one by one."""
    work = UnitOfWork(history, RefLookup(history.path.with_name("views.db")), Intent())
    for number in numbers:
        text = f'[environment]\nname = "local"\ntype = "local"\n[app]\nnumber = {number}\n'

        def decide(work: UnitOfWork, text: str = text) -> None:
            work.environment("local").edit(document(text), work.context())

        work.run(decide)


def test_aggregates_are_kept_now_and_then(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced: list[str] = []
    replace = os.replace

    def watched(source: str, target: str) -> None:
        replaced.append(Path(target).name)
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    with opened(machine) as history:
        edit(history, range(2 * FOLDED + 50))
        version = history.environment("local").version
    assert replaced.count("checked") == 2
    with opened(machine) as history:
        assert history.environment("local").version == version
        assert FOLDED < history.replica.opened.aggregates["env:local"][0] < version


def test_recording_waits_for_the_disk_twice(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the event, which SQLite does, and once for its pin."""
    waits: list[int] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        waits.append(descriptor)
        fsync(descriptor)

    with opened(machine) as history:
        edit(history, range(1))
        monkeypatch.setattr(os, "fsync", watched)
        edit(history, range(1, FOLDED + 20))
    assert len(waits) == FOLDED + 19
