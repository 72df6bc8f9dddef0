"""What a person sees where there is no such page."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es_web.pages.registry import PARAMETERS
from tetra_es_web.pages.rendering import render, render_alone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tetra_es.errors import TetraEsError
    from tetra_es_web.links import Address
    from tetra_es_web.pages.view import View

_TITLES: Final = {
    400: "Cannot show this",
    404: "Not found",
    409: "Cannot show this",
    413: "Too large",
    503: "Not now",
}
"""Status to the heading; of all others it is `_ELSE`."""
_ELSE: Final = "Something is wrong"
_LABELS: Final = {
    "q": "Any part of a text",
    "a": "From",
    "b": "To",
    "environment": "Environment",
    "key": "Key or table",
    "actor": "Who",
    "type": "Type",
    "since": "Since",
    "until": "Until the end of",
    "grep": "Reason or summary",
    "kind": "Kind",
    "whom": "Readable by",
    "host": "Host",
    "without": "Without",
    "at": "As it was at",
}
"""Parameters that people type; which part of a list is shown is for links."""
_MOST: Final = 20
"""Values of one parameter that can be put right: an address has room for many hundreds."""
_FIRST: Final = re.compile(r"[a-z]+(?=[ ,:])", re.ASCII)


class Field(NamedTuple):
    """A field of a form, as it was asked for."""

    name: str
    label: str
    value: str


def failure(view: View, error: TetraEsError, status: int, here: Address) -> str:
    """Return a page that says what is wrong, with what was asked for, to be put right."""
    known = tuple(_first_of_each(here))
    typed = {text for pair in here.query for text in pair}
    names = {"manifest", "profile", *view.environments, *PARAMETERS[here.page], *typed, here.of}
    return render(
        "failure.html",
        view,
        title=_TITLES.get(status, _ELSE),
        here=here,
        permalink=None if view.links.live else view.links.same(here),
        asked=known,
        message=_sentence(error.message, names),
        hint=_sentence(error.hint or "", names),
        address=view.links.to(here.page, here.of),
        fields=list(_fields(here.page, known)) if view.links.live else (),
    )


def _first_of_each(here: Address) -> Iterator[tuple[str, str]]:
    """Yield what was asked for, without the parameters that the page does not have."""
    seen: Counter[str] = Counter()
    for name, text in here.query:
        seen[name] += 1
        if name in PARAMETERS[here.page] and seen[name] <= _MOST:
            yield name, text


def _fields(page: str, known: Sequence[tuple[str, str]]) -> Iterator[Field]:
    for name in PARAMETERS[page]:
        if name in _LABELS:
            for value in [text for other, text in known if other == name] or [""]:
                yield Field(name, _LABELS[name], value)


def failure_alone(error: TetraEsError, status: int, *, is_served: bool = False) -> str:
    """Return the same where the organization is not looked at.

    Where it `is_served` all the same, the page links to the first one.
    """
    return render_alone(
        "alone.html",
        title=_TITLES.get(status, _ELSE),
        message=_sentence(error.message),
        hint=_sentence(error.hint or ""),
        is_served=is_served,
    )


def _sentence(text: str, names: Collection[str] = ()) -> str:
    """Return a message with the capital that a sentence begins with, but for a name."""
    first = _FIRST.match(text)
    return text if first is None or first[0] in names else text[0].upper() + text[1:]
