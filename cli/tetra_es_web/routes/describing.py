"""What the OpenAPI document says of each question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import Response

from tetra_es_web.routes.replying import JSON, ZIP

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMAS: Final = "#/components/schemas"

HEADERS: Final = {
    "Tetra-Es-Position": "Position of the newest event: the answer is as of it.",
    "Tetra-Es-Hash": "Hash of that event.",
    "Tetra-Es-Time": "Time of that event.",
    "Tetra-Es-Since": "Time of the first event: the history is complete from then on.",
    "Tetra-Es-Purged": "Where something was purged: position of the last purge.",
    "Tetra-Es-Asked": "Where the organization is shared: when it answered last.",
    "ETag": "Give it as If-None-Match: the answer is 304 until something is recorded.",
    "Link": "The next page, where there may be one.",
}

REFUSALS: Final = {
    400: "A parameter is wrong.",
    401: "A token is needed.",
    403: "The address is not one that the service answers to.",
    404: "Something is asked for that is not there.",
    409: "It is not answered on purpose, such as a text that was purged.",
    413: "The answer would be too large.",
    414: "The address is too long.",
    431: "The headers are too long.",
    500: "The history is not as it was admitted: `tetra-es verify` says more.",
    503: "Nothing can be answered now; Retry-After says when to ask again.",
}


def described(name: str, forms: Sequence[str] = (JSON,)) -> dict[str, Any]:
    """Return what FastAPI is told of a question; `name` is that of its answer in the schema."""
    found: dict[str, Any] = {"schema": {"$ref": f"{SCHEMAS}/{schema_name(name)}"}}
    text: dict[str, Any] = {"schema": {"type": "string"}}
    file: dict[str, Any] = {"schema": {}}  # bytes, which OpenAPI 3.1 describes by their type alone
    kinds = {JSON: found, ZIP: file}
    content = {form: kinds.get(form, text) for form in forms}
    headers = {
        header: {"description": told, "schema": {"type": "string"}}
        for header, told in HEADERS.items()
    }
    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": "The answer.", "content": content, "headers": headers},
        304: {"description": "Nothing was recorded since."},
    }
    wrong = {JSON: {"schema": {"$ref": f"{SCHEMAS}/error"}}}
    for status, told in REFUSALS.items():
        responses[status] = {"description": told, "content": wrong}
    responses[503]["headers"] = {
        "Retry-After": {"description": "Seconds.", "required": True, "schema": {"type": "integer"}}
    }
    return {"response_model": None, "response_class": Response, "responses": responses}


def schema_name(name: str) -> str:
    """Return what an answer is called in the document: the command's words, joined."""
    return name.replace(" ", "_")
