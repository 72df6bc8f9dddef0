"""What a request asks for, read as the command line reads its arguments."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request

from tetra_es.errors import UsageError
from tetra_es.refs import TimeRef, parse_end, parse_ref, parse_start
from tetra_es_web.opening import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from fastapi.responses import Response

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.answering import Moment
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_web.routes.replying import Answer

_FIXED: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
"""How a time begins that is the same tomorrow."""

PREFIX: Final = "/api/v1"

EVERYWHERE: Final = ("tz", "output")
"""Parameters of every question."""

_MANY: Final = ("kind",)
"""Parameters that may be given more than once."""


@dataclass
class Asked:
    """One request, and a reader for it."""

    request: Request
    moment: Moment
    zone: tzinfo
    stable: bool = True
    """Whether the answer depends on nothing but the events: not on what time it is."""

    @property
    def reader(self) -> Reader:
        """What queries work with."""
        return self.moment.reader

    def ref(self, text: str) -> Ref:
        """Return what a text names. Raises `UsageError`."""
        found = parse_ref(text, self.zone)
        self._note(text, is_time=isinstance(found, TimeRef))
        return found

    def maybe(self, text: str | None) -> Ref | None:
        """Return what a parameter names, None where it is not given. Raises `UsageError`."""
        return None if text is None else self.ref(text)

    def since(self, text: str | None) -> str | None:
        """Return the first instant of a time. Raises `UsageError`."""
        return None if text is None else self._noted(text, parse_start(text, self.zone))

    def until(self, text: str | None) -> str | None:
        """Return the last instant of a time. Raises `UsageError`."""
        return None if text is None else self._noted(text, parse_end(text, self.zone))

    def page(self, **changed: object) -> str:
        """Return the address of the same with some parameters changed."""
        pairs = dict(self.request.query_params.multi_items()) | changed
        several = [
            (name, value)
            for name, value in self.request.query_params.multi_items()
            if name in _MANY
        ]
        told = [(name, value) for name, value in pairs.items() if name not in _MANY]
        return f"{self.request.url.path}?{urlencode([*several, *told])}"

    def reply(self, answer: Answer, form: str) -> Response:
        """Return an answer in a form."""
        from tetra_es_web.routes.replying import reply

        stable = self.stable and answer.stable
        return reply(self.request, self.moment, answer._replace(stable=stable), form)

    def note_time(self, text: str) -> None:
        """Note that a state may be named by what time it is."""
        with suppress(UsageError):  # a name
            self.ref(text)

    def _noted(self, text: str, moment: str) -> str:
        self._note(text, is_time=True)
        return moment

    def _note(self, text: str, *, is_time: bool) -> None:
        self.stable &= not (is_time and not _FIXED.match(text))


@contextmanager
def asked(request: Request) -> Iterator[Asked]:
    """Open a reader for a request, inside of its endpoint."""
    with opened(request) as found:
        yield Asked(request, found.moment, found.zone)


async def check_parameters(request: Request) -> None:
    """Raise `UsageError` for a parameter that the question does not have: none is overlooked."""
    known = {one.alias for one in request.scope["route"].dependant.query_params}
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known and name not in EVERYWHERE:
            told = ", ".join(sorted({*known, *EVERYWHERE}))
            raise UsageError(f"no such parameter: {name!r}", hint=f"there are {told}")
        if given.count(name) > 1 and name not in _MANY:
            raise UsageError(f"{name} is given twice", hint="give it once")
    if any("\x00" in value for _, value in request.query_params.multi_items()):
        raise UsageError("a parameter has a zero byte", hint="leave it out")


def api_router() -> APIRouter:
    """Return a router for questions. Its routes have their whole paths: they are counted by it."""
    return APIRouter(prefix=PREFIX, dependencies=[Depends(check_parameters)])
