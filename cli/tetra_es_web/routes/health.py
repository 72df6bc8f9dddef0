"""Whether questions can be answered now."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from tetra_es_web.routes.asking import asked

router = APIRouter()


@router.get("/healthz", include_in_schema=False)
def healthz(request: Request) -> PlainTextResponse:
    """Say `ok`; an error has the reason. It tells strangers no more than that."""
    with asked(request):
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})
