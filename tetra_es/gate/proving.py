"""Admitting all events from the start, for `verify`. Pins are compared, and none is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.gate.gate import Gate
from tetra_es.gate.opening import Opened, check_expected, compare, not_here
from tetra_es.gate.pins import judged
from tetra_es.gate.pins.pins import Forked, Window
from tetra_es.gate.pins.standing import Standing
from tetra_es.log.chain import Head

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.gate.opening import ReadableLog
    from tetra_es.gate.pins.pins import Pins
    from tetra_es.gate.pins.places import StateFolder
    from tetra_es.gate.verdicts import Verdict


def prove(
    log: ReadableLog,
    folder: StateFolder,
    place: str,
    hear: Callable[[Verdict], None],
    *,
    ask: bool = True,
    expect: Head | None = None,
    insist: bool = False,
    since: int = 1,
) -> Opened:
    """Admit all events of a log; `hear` is told each verdict, of a refused one as the last.

    `place`, `ask` and `expect` are those of `open_organization`; with `insist`, a history
    that is not new has to have what is expected, too. The events before `since` have to be pinned:
    their hashes are compared, and what was said of them is believed.

    Raises `AnotherHistory`, `Forked`, `IntegrityFailure`, and `Refused` where the events
    before `since` were never admitted.
    """
    pins, stands = compare(log, folder, place, ask=ask, expect=expect)
    opened = Opened(_gate(log, pins, since), pins, stands)
    wanted = expect if insist or stands is Standing.NEW else None
    _admit(opened, log, hear)
    while not (opened.stopped or opened.gate.firm):
        before = opened.gate.state.head  # a purge that it took at its word came meanwhile
        _admit(opened, log, hear)
        if opened.gate.state.head == before:
            break
    if wanted and not opened.stopped:
        found = opened.hash_at(wanted.position)
        if found is None:
            raise not_here(wanted)
        check_expected(Head(wanted.position, found), wanted)
    return opened


def admit_more(opened: Opened, log: ReadableLog) -> None:
    """Admit what was recorded since, as `prove` does."""
    if not opened.stopped:
        _admit(opened, log, lambda _: None)


def _gate(log: ReadableLog, pins: Pins, since: int) -> Gate:
    if since <= 1:
        return Gate(log)
    if pins.head.position < since - 1:
        raise Refused(
            f"the events before #{since} were not all admitted on this account: the last one that "
            f"was is #{pins.head.position}",
            hint="`tetra-es verify` verifies all of them",
        )
    window, known = Window(pins), judged.load(pins)
    if known is not None:
        known = known._replace(upto=min(known.upto, since - 1))

    def pinned(position: int) -> bytes | None:
        return window.at(position) if position < since else None

    return Gate(log, None, pinned, known)


def _admit(opened: Opened, log: ReadableLog, hear: Callable[[Verdict], None]) -> None:
    gate, window = opened.gate, Window(opened.pins)
    for verdict in gate.admit(log.records(gate.state.head.position)):
        record = verdict.record
        if verdict.admitted:
            pinned = window.at(record.position)
            if pinned is not None and pinned != record.hash:
                raise Forked(record.position, pinned, record.hash, log.head())
            if pinned is None or opened.unpinned:
                opened.unpinned.append(record.hash)
        else:
            opened.stopped = verdict
        hear(verdict)
