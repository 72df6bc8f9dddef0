"""From a template to a page. Text of others becomes harmless here, and nowhere else."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tetra_es.refs import STORED_TIME
from tetra_es.text import one_line
from tetra_es_projections.queries.written import as_written
from tetra_es_web.pages.parts import LINKED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tetra_es_web.links import Address
    from tetra_es_web.pages.view import View

CLIPPED = 400
"""Characters of a value that lists show."""
COLOURS = 8
"""Of environments; one more is that of the organization."""
_SHORT = 16
"""Characters of a name that stays on one line."""
_ARROW = Markup('<span class="word">-&gt;</span>')
_JOINT = re.compile(r"([._]+|/+)(?=.)")
"""What a name may be broken after; no entity of HTML has any of it."""


def render(template: str, view: View, *, title: str, here: Address, **more: Any) -> str:
    """Return a page. `here` is what it can be had by later, when there are more events.

    So can the parts of its list: all of them are of one moment.
    """
    told = {"json": None, "command": None, "asked": (), "q": "", "page": here.page, **more}
    told.setdefault("jsons", ())
    told.setdefault("permalink", view.links.same(here))
    given = told.pop("command") or ()
    told["commands"] = [_in_zone(view, one) for one in ([given] if type(given) is str else given)]
    text: str = (
        _environment()
        .get_template(template)
        .render(
            view=view,
            whole=view.whole,
            to=view.links.to,
            links=view.links,
            time=lambda text: _time(view, text),
            with_times=lambda text: re.sub(STORED_TIME, lambda found: _moved(view, found[0]), text),
            title=title,
            part_address=lambda part: view.links.same(here, part=part, before=None),
            **told,
        )
    )
    return text


def _in_zone(view: View, command: str) -> str:
    """Return a command that prints times of the zone that was chosen."""
    if view.zone_name == "UTC":
        return command
    return command.replace("tetra-es ", f"tetra-es --tz {shlex.quote(view.zone_name)} ", 1)


def render_alone(template: str, **more: Any) -> str:
    """Return a page about nothing that was recorded."""
    text: str = _environment().get_template(template).render(more)
    return text


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("tetra_es_web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters.update(clip=clip, count=count, breaks=breaks, arrows=arrows)
    found.filters["commands"] = commands
    found.globals.update(lane=lane, linked=LINKED)
    return found


def _harmless(value: Any) -> Any:
    """Return what is printed: text on one line, without what could disguise it."""
    if type(value) is str:  # most of them
        return one_line(value)
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        return one_line(as_written(value) or "")
    return "" if value is None else value


def clip(text: str | None, width: int = CLIPPED) -> str | None:
    """Return text as lists show it, values as they were typed, shortened where it is long."""
    if type(text) is not str:
        text = as_written(text)
    if text is None or len(text) <= width:
        return text
    return f"{text[:width]}… ({len(text) - width} more characters)"


def breaks(name: str) -> str:
    """Return a long name that lines break after its dots, copied or searched for as one word."""
    if len(name) <= _SHORT:
        return name
    marked: str = Markup(_JOINT.sub(r"\1<wbr>", str(escape(one_line(name)))))  # noqa: S704 - escaped
    return marked


def arrows(summary: str) -> Markup:
    """Return a summary whose arrows no line breaks."""
    return escape(one_line(summary)).replace("-&gt;", _ARROW)


def commands(text: str) -> Markup:
    """Return a message with its commands, which stand between backticks, as code."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:  # one is not closed, as in what somebody typed
        return escape(one_line(text))
    code = Markup("<code>{}</code>")
    shown = (code.format(part) if at % 2 else escape(part) for at, part in enumerate(parts))
    return Markup("").join(shown)


def count(things: Iterable[object] | int, one: str, more: str = "") -> str:
    """Return how many there are, such as `2 hosts`."""
    number = things if isinstance(things, int) else sum(1 for _ in things)
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def lane(view: View, environment: str | None) -> int:
    """Return the number of the colour that an environment has on every page."""
    names = view.environments
    return names.index(environment) % COLOURS + 1 if environment in names else 0


def _time(view: View, text: str | None) -> Markup:
    """Return a time to the second, with its zone; all of its digits are in the attribute."""
    if not text:
        return Markup("&ndash;")
    return Markup('<time datetime="{}">{}</time>').format(one_line(text), _moved(view, text))


def _moved(view: View, text: str) -> str:
    return view.moved(text).isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
