"""Pages for people, as of the newest event."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.refs import TimeRef, parse_ref
from tetra_es_projections.queries.findings import in_future
from tetra_es_web import pages
from tetra_es_web.links import Address, LiveLinks
from tetra_es_web.opening import etag_of, headers_of, is_any_known, is_known, opened
from tetra_es_web.pages.failure import failure, failure_alone
from tetra_es_web.pages.registry import OF_SOMETHING, PAGES, PARAMETERS, SEVERAL
from tetra_es_web.pages.view import MANY, View
from tetra_es_web.routes.errors import again_after, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tetra_es_web.opening import Opened

_HTML: Final = "text/html; charset=utf-8"
_STATIC: Final = Path(pages.__file__).parent.parent / "static"
_TYPES: Final = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OF_TIMES: Final = ("at", "since", "until", "a", "b")

TEMPLATE: Final = "tetra_es.template"
"""Where a request has the path of a page, without what it is of, for those who count answers."""


def router() -> APIRouter:
    """Return the routes of all pages, and of their style."""
    found = APIRouter()

    def add(path: str, endpoint: Callable[..., Response]) -> None:
        def counted(request: Request) -> Response:
            request.scope[TEMPLATE] = path.replace(":path", "")
            return endpoint(request)

        # Not FastAPI's: nothing of an address has to be checked or described for it.
        found.add_route(path, counted, methods=["GET", "HEAD"], include_in_schema=False)

    for name in PAGES:
        path = "/" if name == "overview" else f"/{name}"
        if name not in OF_SOMETHING:
            add(path, _endpoint(name))
        if name in OF_SOMETHING or name == "secrets":
            add(f"{path}/{{of:path}}", _endpoint(name))
    for file in sorted(_STATIC.iterdir()):
        if file.suffix in _TYPES:
            add(f"/static/{file.name}", _file(file))
    return found


def _endpoint(name: str) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return _answer(request, name)

    return endpoint


def _file(path: Path) -> Callable[[Request], Response]:
    data, kind = path.read_bytes(), _TYPES[path.suffix]

    def endpoint(_: Request) -> Response:
        return Response(data, media_type=kind, headers={"Cache-Control": "max-age=300"})

    return endpoint


def _answer(request: Request, name: str) -> Response:
    """Return a page; where it cannot be made, one that says why."""
    try:
        with opened(request) as found:
            return _page(request, name, found)
    except TetraEsError as error:
        status = status_of(error)
        return _html(failure_alone(error, status), {"Cache-Control": "no-store"}, status)


def _page(request: Request, name: str, found: Opened) -> Response:
    asked = request.query_params
    given = {one: MANY.join(asked.getlist(one)) for one in asked}
    moment = found.moment
    zone = given.pop("tz", "")
    view = View(moment.reader, LiveLinks(zone), found.zone, found.zone_name, moment.shared)
    of = request.path_params.get("of", "")
    times = (of, *(given.get(one, "") for one in _OF_TIMES))
    # The overview shows files that were changed by hand, too.
    stable = name != "overview" and all(_is_fixed(one.strip()) for one in times)
    if name == "findings" and not any(one.strip() for one in times) and in_future(moment.reader):
        stable = False
    etag = etag_of(moment, f"{request.url.path}?{request.url.query} page") if stable else None
    headers = headers_of(moment, etag)
    try:
        _check(request, name, given)
        if etag and is_known(request, etag):
            return Response(status_code=304, headers=headers)
        body = PAGES[name](view, of, given)
        if etag and is_any_known(request):  # only now it is known that there is such a page
            return Response(status_code=304, headers=headers)
    except TetraEsError as error:
        pairs = asked.multi_items()
        here = Address(name, of, tuple((one, text) for one, text in pairs if one != "tz"))
        headers, status = {**headers_of(moment), "Cache-Control": "no-store"}, status_of(error)
        return _html(failure(view, error, status, here), headers, status)
    return _html(body, headers)


def _is_fixed(text: str) -> bool:
    """Return whether a text names the same until something is recorded, as `2h` does not."""
    if _DATE.match(text):
        return True
    try:
        return not isinstance(parse_ref(text), TimeRef)
    except UsageError:  # an environment, or nothing
        return True


def _check(request: Request, name: str, given: Mapping[str, str]) -> None:
    """Raise `UsageError` for a parameter that the page does not have: none is overlooked."""
    known = PARAMETERS[name]
    for one in given:
        if one not in known:
            told = ", ".join((*known, "tz"))
            raise UsageError(f"no such parameter: {one!r}", hint=f"there are {told}")
    names = [one for one, _ in request.query_params.multi_items() if one not in SEVERAL]
    if len(names) > len({*names}):
        raise UsageError("a parameter is given twice", hint="give it once")
    if any("\x00" in value for value in (*given.values(), request.path_params.get("of", ""))):
        raise UsageError("a parameter has a zero byte", hint="leave it out")


def _html(body: str, headers: Mapping[str, str], status: int = 200) -> Response:
    data = body.encode(errors="backslashreplace")
    told = {**headers, **again_after(status)}
    return Response(data, status, media_type=_HTML, headers=told)
