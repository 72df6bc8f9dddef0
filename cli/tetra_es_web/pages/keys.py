"""Values of all environments beside each other, and the life of one key."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.refs import PositionRef, TimeRef
from tetra_es_projections.queries.history import HistoryQuery, history_rows
from tetra_es_projections.queries.purged import purges_among, purges_of
from tetra_es_projections.queries.tables.key_table import KeyEventRow
from tetra_es_projections.queries.why import explain
from tetra_es_projections.queries.written import AT_ONCE, Texts
from tetra_es_web.links import address
from tetra_es_web.pages.parts import (
    address_weight,
    fitting,
    name_weight,
    part_of,
    room_beside,
    weight,
)
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.tables.key_table import BlameRow
    from tetra_es_projections.queries.why import Why
    from tetra_es_web.pages.view import View

_SHOWN = 40
_PRESENT, _LIFE = 38_000, 30_000
"""Bytes of a page that both halves of the life of a key may have."""
_BELOW = 8_000
"""Bytes of it that the keys below may have, where they are listed."""
_CELL = 160
_COLUMNS = 10
"""Environments beside each other: a wider table is not read."""


class KeyRow(NamedTuple):
    """A key, and what it is in each environment."""

    key: str
    cells: list[BlameRow | None]
    differs: bool
    """Whether not all environments that have it have the same value."""

    def as_typed(self, texts: Texts, names: Sequence[str], upto: int | None) -> KeyRow:
        """Return the same, of these environments, with values that remember how they were
        written."""
        cells = zip(names, self.cells, strict=True)
        return self._replace(cells=[cell and texts.given(cell, of, upto) for of, cell in cells])

    @property
    def weight(self) -> int:
        """How many bytes of a page it takes, about."""
        texts = [cell.value for cell in self.cells if cell]
        purged = 160 * sum(cell.purged is not None for cell in self.cells if cell)
        cells = 80 * len(self.cells) + sum(100 + weight(text, most=_CELL) for text in texts)
        to_its_life = sum(not cell.event for cell in self.cells if cell)
        addresses = to_its_life * address_weight(self.key)
        return 200 + name_weight(self.key) + cells + purged + addresses


def keys(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return the present values of all environments."""
    table, below = view.reader.views.keys, given.get("key", "").strip() or None
    ref = view.ref(given.get("at"))
    upto = None
    if ref is not None:
        from tetra_es_projections.queries.refs import moment_of  # most ask for now

        upto = moment_of(view.reader.views, ref)
    states = view.reader.views.states
    named = sorted(view.environments, key=lambda one: states.find(one, upto) is None)  # these last
    group = part_of(named, number(given, "columns"), lambda _: 1, _COLUMNS)
    columns = {
        name: {row.key: row for row in table.blame(name, below, upto)} for name in group.items
    }
    names = sorted({key for rows in columns.values() for key in rows})
    rows = []
    for key in names:
        cells = [rows_.get(key) for rows_ in columns.values()]
        values = {cell.value for cell in cells if cell}
        rows.append(KeyRow(key, cells, len(values) > 1))
    having = [name for name, rows_ in columns.items() if rows_]
    room = room_beside(below, 2 * len(having))  # an address and a command for each
    part = part_of(rows, number(given, "part"), lambda row: row.weight, room)
    texts = Texts(view.reader, AT_ONCE)
    part = part._replace(items=[row.as_typed(texts, group.items, upto) for row in part.items])
    at = given.get("at", "").strip()
    unsure = [
        name
        for name, cells in columns.items()
        if 2 * sum(bool(cell.one_of) for cell in cells.values()) > len(cells)
    ]
    shown = {name: given.get(name) for name in ("columns", "part")}
    moment = upto or view.whole.newest.event
    here = address("keys", key=below, at=moment, **shown)
    return render(
        "keys.html",
        view,
        title="Values",
        here=here,
        jsons=[(name, view.links.json(f"blame/{name}", key=below, at=moment)) for name in having],
        command=[
            command("blame", name, *([below] if below else []), "--at", moment) for name in having
        ],
        asked=(("key", below or ""), ("at", at), ("columns", given.get("columns", ""))),
        group=group,
        group_address=lambda wanted: view.links.same(here, columns=wanted, part=None),
        at=at,
        below=below,
        part=part,
        cell=_CELL,
        differing=sum(row.differs for row in rows),
        unknown=_unknown(view, None, upto),
        unsure=unsure,
        purges=purges_among(view.reader, unsure),
    )


class Then(NamedTuple):
    """A moment that is asked for."""

    position: int
    ref: Ref


class Present(NamedTuple):
    """What a key is in an environment, or was at a moment."""

    environment: str
    row: BlameRow
    why: Why | None


def key(view: View, of: str, given: Mapping[str, str]) -> str:
    """Return the life of a key across environments: what it is, why, and what it was."""
    reader = view.reader
    before, at = number(given, "before"), given.get("at", "").strip()
    then = _moment(view, at)
    part = part_of(_having(view, of, then), number(given, "part"), _weigh_present, _PRESENT)
    texts = Texts(reader, AT_ONCE)
    position = then.position if then else view.whole.newest.event
    query = HistoryQuery(key=of, before=min(before or position + 1, position + 1), limit=_SHOWN + 1)
    found = [row for row in history_rows(reader, query) if isinstance(row, KeyEventRow)]
    events = list(dict.fromkeys(row.event for row in found))
    more = len(events) > _SHOWN
    rows = [row for row in found if not more or row.event != events[-1]]
    room, cut = fitting(rows, _weigh, _LIFE), None
    if room < len(rows):  # all rows of an event are on one page, but for one that fills it alone
        whole = [row for row in rows[:room] if row.event != rows[room].event]
        more, cut, rows = True, None if whole else rows[room].event, whole or rows[:room]
    fixed = view.fixed(then and then.ref, position)
    present = [
        _present(view, name, texts.given(row, name, then and then.position), then)
        for name, row in part.items
    ]
    explained = [one.environment for one in present if one.why]
    below = sorted({row.key for row in found if row.key and row.key != of})
    return render(
        "key.html",
        view,
        title=of,
        here=address("key", of, at=fixed, part=given.get("part"), before=before),
        jsons=[
            *((name, view.links.json(f"why/{name}", key=of, at=fixed)) for name in explained),
            ("its life", view.links.json("events", key=of, before=query.before)),
        ],
        command=[
            *(command("why", name, of, "--at", fixed) for name in explained),
            command("history", "--key", of, "--before", query.before),
        ],
        asked=(("at", at), ("before", str(before or ""))),
        key=of,
        purges=purges_of(reader) if any(row.purged for row in rows) else "",
        at=at,
        then=then,
        part=part,
        present=present,
        unknown=_unknown(view, of, then and then.position),
        rows=[texts.changed(row) for row in rows],
        below=below[: fitting(below, name_weight, _BELOW)][:50],
        cut=cut,
        older=rows[-1].event if more and rows else None,
        before=before,
    )


def _moment(view: View, at: str) -> Then | None:
    """Return what a REF names for all environments, though it be a state of one of them."""
    ref = view.ref(at)
    if ref is None:
        return None
    from tetra_es_projections.queries.refs import moment_of  # most ask for now

    position = moment_of(view.reader.views, ref)
    return Then(position, ref if isinstance(ref, TimeRef) else PositionRef(position))


def _having(view: View, name: str, then: Then | None) -> list[tuple[str, BlameRow]]:
    """Return the environments that have a key, or had it, each with the event that gave it."""
    table, upto = view.reader.views.keys, then and then.position
    found = []
    for environment in view.environments:
        rows = table.blame(environment, name, upto=upto)
        found += [(environment, row) for row in rows if row.key == name]
    return found


def _unknown(view: View, name: str | None, upto: int | None) -> list[str]:
    """Return of which environments it is not known whether they had a key, or which ones."""
    table = view.reader.views.keys
    return [
        f"{environment}: {purges_of(view.reader, environment)}"
        for environment in view.environments
        if not table.is_known(environment, name, upto)
    ]


def _weigh_present(one: tuple[str, BlameRow]) -> int:
    row = one[1]
    said = address_weight(row.key) + weight(row.key, most=len(row.key))  # in the foot
    return 2_900 + said + weight(row.value, row.reason, most=800)


def _present(view: View, environment: str, row: BlameRow, then: Then | None) -> Present:
    why: Why | None = None
    with suppress(TetraEsError):  # such as a text that was purged: the row is known
        why = explain(view.reader, environment, row.key, then and then.ref)
    return Present(environment, row, why)


def _weigh(row: KeyEventRow) -> int:
    return 900 + name_weight(row.key) + weight(row.before, row.after, row.summary, row.reason)
