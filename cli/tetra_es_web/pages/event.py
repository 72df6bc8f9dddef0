"""One event: what it changed, and how anybody checks that its author signed it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.line_diff import unified
from tetra_es.lines import lines_of
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.refs import PositionRef
from tetra_es_projections.queries.events import Destroyed, find_event
from tetra_es_projections.queries.replay import can_be_left_out
from tetra_es_projections.queries.states import text_at
from tetra_es_projections.queries.void_rules import why_void
from tetra_es_web.links import address
from tetra_es_web.pages.parts import name_weight, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tetra_es_projections.queries.events import FoundEvent
    from tetra_es_web.pages.view import View

_TEXTS = {
    "manifest.edited": "manifest",
    "profile.edited": "profile {environment}",
    "environment.created": "{environment}",
    "environment.edited": "{environment}",
    "environment.promoted": "{environment}",
    "environment.rolled_back": "{environment}",
    "environment.imported": "{environment}",
}
"""Type of an event to the file whose text it changed."""
_LINE = 2_000
"""Characters of a line that are shown."""
_KINDS = {"+": "add", "-": "del", "@": "hunk"}
_ENVIRONMENTS = 8
"""Environments that an event may be left out of, which are offered."""
_SHORT = 1_000
"""Characters of a state that are shown without counting what becomes of each."""
_STATE = 12_000
"""Bytes of an event's state that are shown."""


class Line(NamedTuple):
    """A line of a difference."""

    kind: str
    text: str


def event(view: View, of: str, given: Mapping[str, str]) -> str:
    """Return one event."""
    found = find_event(view.reader, view.ref(of) or PositionRef(0))
    details = found.details
    events = view.reader.views.events
    lines, unknown = _text_lines(view, found)
    everything = [*found.purges, *found.changes, *lines]
    part = part_of(everything, number(given, "part"), _weigh)
    changes = [one for one in part.items if not isinstance(one, Line | Destroyed)]
    same = events.find(details.event)
    return render(
        "event.html",
        view,
        title=f"Event #{details.event}",
        here=address("event", details.event, part=given.get("part")),
        json=view.links.json(f"event/{details.event}"),
        command=command("event", details.event),
        found=found,
        details=details,
        void=why_void(found.void) if found.void else None,
        environment=same.environment if same else None,
        could_lack=_could_lack(view, found),
        part=part,
        changes=changes,
        changes_are_purged=any(one["body"] == "changes" for one in details.purged),
        purges=[one for one in part.items if isinstance(one, Destroyed)],
        unknown=unknown,
        lines=[one for one in part.items if isinstance(one, Line)],
        file=_file(found),
        steps=events.steps_of(details.event),
        signer=found.metadata["actor"],
        before=max(details.event - 1, 1),
        state=_state(found),
        shell=shlex.quote,
        signed=found.signed_bytes.decode(),
    )


def _could_lack(view: View, found: FoundEvent) -> Sequence[str]:
    """Return the environments that may be asked for without an event; some of many."""
    details = found.details
    file = _file(found)
    if file is None or view.reader.views.events.void(details.event):
        return ()
    if details.topic == "environment.created":
        return ()  # all others follow from it
    if not can_be_left_out(view.reader, file, details.event):
        return ()  # it would have to be said what there was before it
    one = file.removeprefix("profile ")
    if one in (SOURCE_OF_TRUTH, "manifest"):
        states = view.reader.views.states
        return [name for name in view.environments[:_ENVIRONMENTS] if states.find(name)]
    return (one,) if view.reader.views.states.find(one) else ()


def _file(found: FoundEvent) -> str | None:
    """Return what an event changed the text of, None for nothing."""
    form = None if found.void else _TEXTS.get(found.details.topic)
    return form and form.format(environment=found.environment)


def _text_lines(view: View, found: FoundEvent) -> tuple[list[Line], int | None]:
    """Return the difference that an event made to a text, and what purged the text before it.

    Nothing where one of the two texts is not known any more.
    """
    file, position = _file(found), found.details.event
    if file is None or view.reader.views.events.void(position):
        return [], None
    try:
        after = text_at(view.reader, file, PositionRef(position))
    except TetraEsError:  # purged: the page says so
        return [], None
    views = view.reader.views
    state = views.revisions_of(file).find(file, position - 1)
    if state is None:
        return list(diff_lines("", after)), None
    if purge := views.purged.of_text(state.position):  # not an empty text, of which all is new
        return [], purge
    return list(diff_lines(text_at(view.reader, file, PositionRef(position - 1)), after)), None


def diff_lines(before: str, after: str) -> Iterator[Line]:
    """Yield the difference between two texts, with three lines around each change."""
    lines = unified(lines_of(before), lines_of(after), end="")
    for number_, line in enumerate(lines):
        if number_ > 1:  # without the names of the files
            yield Line(_KINDS.get(line[:1], ""), shortened(line))


def shortened(line: str) -> str:
    """Return a line as pages show it."""
    more = len(line) - _LINE
    return line if more <= 0 else f"{line[:_LINE]}… ({more} more characters)"


def _weigh(one: Any) -> int:
    if isinstance(one, Line):
        return 40 + weight(one.text, most=_LINE + 40)
    if isinstance(one, Destroyed):
        return 200
    return 200 + name_weight(one[0]) + weight(*one[1:])


def _state(found: FoundEvent) -> Iterator[str]:
    """Yield an event's state line by line, as much as there is room for."""
    text = json.dumps(found.details.state, indent=2, ensure_ascii=False, sort_keys=True)
    if len(text) < _SHORT:
        yield from lines_of(text)
        return
    room = _STATE
    for line in lines_of(text):
        room -= weight(line, most=_LINE)
        if room < 0:
            yield "… and more, which the event's JSON has"
            return
        yield shortened(line)
