"""Answers in the form that was asked for: JSON, a line for each row, or CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fastapi.responses import Response

from tetra_es.errors import UsageError
from tetra_es_projections.answers.csv_text import csv_text
from tetra_es_web.opening import etag_of, headers_of, is_any_known, is_known
from tetra_es_web.routes.errors import LARGEST, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fastapi import Request

    from tetra_es_projections.queries.answering import Moment

JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"
CSV: Final = "text/csv"
TOML: Final = "application/toml"
ZIP: Final = "application/zip"

FORMS: Final = {"json": JSON, "jsonl": LINES, "csv": CSV, "toml": TOML}
"""Word of the parameter `output`, as of `-o`, to the type of the answer."""


class Answer(NamedTuple):
    """The answer to a question, before a form is chosen."""

    value: Any
    """Of one thing; or a list of rows."""
    columns: Sequence[str] = ()
    """Of rows as CSV."""
    text: str | None = None
    """Of a thing that has TOML."""
    next: str | None = None
    """The address of the rows after these."""
    data: bytes = b""
    """Of a file."""
    below: str = ""
    """The field with rows of their own, which CSV has after the row."""
    stable: bool = True
    """Whether the same question gets the same answer until something is recorded."""


def form_of(request: Request, forms: Sequence[str]) -> str:
    """Return the type of the answer that is asked for. Raises `UsageError` for one that is not.

    `forms` are the types that there are; the first is the default.
    """
    output = request.query_params.get("output")
    if output is not None:
        if FORMS.get(output) not in forms:
            told = ", ".join(word for word, form in FORMS.items() if form in forms)
            raise UsageError(f"output is not {output!r}", hint=f"it is one of {told}")
        return FORMS[output]
    accepted = request.headers.get("accept") or "*/*"
    for wanted in _by_weight(accepted):
        for form in forms:
            if wanted in (form, "*/*", f"{form.partition('/')[0]}/*"):
                return form
    return forms[0]


def _by_weight(accepted: str) -> list[str]:
    """Return the types of an `Accept` header, those that are wanted most first."""
    found: list[tuple[float, str]] = []
    for one in accepted.split(",")[:20]:
        name, *parameters = (part.strip().lower() for part in one.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        if weight > 0:
            found.append((weight, name))
    return [name for weight, name in sorted(found, key=lambda each: -each[0])]


def reply(request: Request, moment: Moment, answer: Answer, form: str) -> Response:
    """Return an answer in its form, or that it is the one that is known already.

    Raises `TooLarge` where it is.
    """
    variant = f"{request.url.path}?{request.url.query} {form}"
    etag = etag_of(moment, variant) if answer.stable else None
    headers = headers_of(moment, etag)
    if form == ZIP:
        name = f"{moment.organization}-{moment.position}.zip"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if answer.next:
        headers["Link"] = f'<{answer.next}>; rel="next"'
    if etag and (is_known(request, etag) or is_any_known(request)):
        return Response(status_code=304, headers=headers)
    body = answer.data if form == ZIP else _within_limit(_pieces(answer, form))
    return Response(body, media_type=_whole(form), headers=headers)


def _whole(form: str) -> str:
    return form if form in (JSON, ZIP) else f"{form}; charset=utf-8"


def _pieces(answer: Answer, form: str) -> Iterator[str]:
    if form == TOML:
        yield answer.text or ""
    elif form == CSV:
        yield csv_text(_with_below(answer), answer.columns)
    elif form == LINES:
        yield from (f"{_json(row)}\n" for row in answer.value)
    elif isinstance(answer.value, list):
        yield "["
        yield from (
            f"{',' if number else ''}{_json(row)}" for number, row in enumerate(answer.value)
        )
        yield "]"
    else:
        yield _json(answer.value)


def _within_limit(pieces: Iterable[str]) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece.encode(errors="backslashreplace")
        if len(found) > LARGEST:
            told = f"the answer has more than {LARGEST} bytes"
            raise TooLarge(told, hint="ask for less, such as with `n`")
    return bytes(found)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _with_below(answer: Answer) -> Iterable[Mapping[str, Any]]:
    for row in answer.value:
        yield row
        for one in row.get(answer.below, ()) if answer.below else ():
            yield {**row, **one}
