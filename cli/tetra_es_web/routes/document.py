"""The OpenAPI document, with the schema that the command line's JSON has."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

import tetra_es_projections
from tetra_es import __version__
from tetra_es_web.routes.asking import PREFIX
from tetra_es_web.routes.describing import SCHEMAS, schema_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI

router = APIRouter()

_ABOUT = """\
What `tetra-es` answers with `-o json`, over HTTP. Rows come as `application/x-ndjson` or
`text/csv`, too, if `Accept` or the parameter `output` says so. Times are UTC; one without an offset
in a parameter is of the zone `tz`. Nothing is changed by any request.
"""

_EVERYWHERE = (
    ("tz", "The zone of times without an offset, such as Europe/Berlin.", "UTC"),
    ("output", "The form of the answer, as `-o`: json, jsonl, csv or toml.", "json"),
)


@router.get(f"{PREFIX}/openapi.json", include_in_schema=False)
def openapi(request: Request) -> Response:
    """Return the document."""
    return Response(
        _text(request.app), media_type="application/json", headers={"Cache-Control": "no-cache"}
    )


@cache
def _text(app: FastAPI) -> str:
    return json.dumps(document(app), ensure_ascii=False)


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    found: dict[str, Any] = get_openapi(
        title="tetra-es",
        version=__version__,
        summary="The auditor's questions",
        description=_ABOUT,
        routes=app.routes,
    )
    found["paths"] = {path: one for path, one in found["paths"].items() if path.startswith(PREFIX)}
    for path, methods in found["paths"].items():
        for operation in methods.values():
            operation["responses"].pop("422", None)
            words = re.findall(r"(?<=/)[a-z]+", path.removeprefix(PREFIX))
            operation["operationId"] = "_".join(words)
            operation["summary"] = operation["description"].partition("\n")[0]
            operation.setdefault("parameters", []).extend(map(_parameter, _EVERYWHERE))
    found["components"] = {
        "schemas": _used(_schemas(), found["paths"]),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    }
    found["security"] = [{}, {"token": []}]
    return found


def _parameter(told: Sequence[str]) -> dict[str, Any]:
    name, what, example = told
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": what,
        "schema": {"type": "string"},
        "example": example,
    }


def _schemas() -> dict[str, Any]:
    """Return the schemas of all answers by their names."""
    path = Path(tetra_es_projections.__file__).parent / "answers/output.schema.json"
    found = json.loads(path.read_text(encoding="utf-8"))["$defs"]
    return {schema_name(name): _moved(one) for name, one in found.items()}


def _used(schemas: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas that answers have, and those that these need: no command records here."""
    wanted, found = _names(paths), dict[str, Any]()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = schemas[name]
            wanted |= _names(schemas[name])
    return dict(sorted(found.items()))


def _names(value: Any) -> set[str]:
    """Return the names of the schemas that something refers to."""
    text = json.dumps(value)
    return set(re.findall(rf'"\$ref": "{re.escape(SCHEMAS)}/([^"/]+)', text))


def _moved(schema: Any) -> Any:
    """Return a schema with its references to where the document has them."""
    if isinstance(schema, list):
        return [_moved(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: f"{SCHEMAS}/{schema_name(one.removeprefix('#/$defs/'))}"
        if name == "$ref"
        else _moved(one)
        for name, one in schema.items()
    }
