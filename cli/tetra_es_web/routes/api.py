"""The questions of `/api/v1`: what the command line answers, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from tetra_es_web.routes import auditing, environments, events


def router() -> APIRouter:
    """Return all of them."""
    found = APIRouter()
    for module in (events, environments, auditing):
        found.include_router(module.router)
    return found
