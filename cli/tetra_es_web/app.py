"""The application: questions and their answers, and nothing that changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from tetra_es import __version__
from tetra_es.errors import TetraEsError
from tetra_es_web.opening import LONGEST
from tetra_es_web.pages.failure import failure_alone
from tetra_es_web.routes import api, document, pages
from tetra_es_web.routes.errors import problem, refusal, reply_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request
    from fastapi.responses import Response

    from tetra_es_projections.queries.answering import Answering


def create_app(
    answering: Answering,
    *,
    longest: float = LONGEST,
    is_stopping: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """Return the application for one organization.

    `longest` is how many seconds the questions of one request may take; when the service
    `is_stopping`, they end.
    """
    app = FastAPI(
        title="tetra-es",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # to an address that the request would choose
    )
    app.state.answering = answering
    app.state.longest = longest
    app.state.is_stopping = is_stopping
    app.include_router(api.router())
    app.include_router(document.router)
    app.include_router(pages.router())
    app.add_exception_handler(TetraEsError, _refused)
    app.add_exception_handler(RequestValidationError, _misused)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(Exception, _defect)
    return app


def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, TetraEsError):
        raise error
    return reply_to(error)


def _misused(_: Request, error: Exception) -> Response:
    found: list[dict[str, Any]] = (
        list(error.errors()) if isinstance(error, RequestValidationError) else []
    )
    told = "; ".join(
        f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in found[:5]
    )
    hint = "/api/v1/openapi.json says which parameters there are"
    return refusal(400, problem(told or "a parameter is wrong", hint, 2))


def _unknown(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    if status == 405:
        told = problem("only GET and HEAD are answered", "nothing is changed over HTTP", 2)
        return refusal(405, told, {"Allow": "GET, HEAD"})
    path = request.url.path
    if "text/html" in request.headers.get("accept", "") and not path.startswith("/api/"):
        missing = TetraEsError(f"there is no page at {path[:200]}")
        page = failure_alone(missing, status, is_served=True)
        return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})
    told = problem(
        f"there is nothing at {path[:200]}",
        "/api/v1/openapi.json says what there is",
        1,
    )
    return refusal(status, told)


def _defect(_: Request, __: Exception) -> Response:
    """Say that something is wrong with the program, and no more; `serving` logs what it is."""
    hint = "this is a defect: the service's log says more"
    return refusal(500, problem("unexpected error", hint, 1))
