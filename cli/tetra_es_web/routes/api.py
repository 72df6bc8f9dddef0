"""The questions of `/api/v1`: what the command line answers, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from tetra_es_web.routes import auditing, environments, events
from tetra_es_web.routes.asking import check_parameters

PREFIX = "/api/v1"


def router() -> APIRouter:
    """Return all of them."""
    found = APIRouter(prefix=PREFIX, dependencies=[Depends(check_parameters)])
    for module in (events, environments, auditing):
        found.include_router(module.router)
    return found
