"""Errors as the command line has them, with the status that HTTP has for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import JSONResponse

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError, Unavailable, UsageError
from tetra_es.text import one_line
from tetra_es_projections.queries.environments import UnknownEnvironment

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Final = {1: "error", 2: "usage", 3: "refused", 4: "integrity"}
"""Exit code to the word for it."""

LARGEST: Final = 16_000_000
"""Bytes of an answer."""


class TooLarge(TetraEsError):
    """An answer that would be larger than `LARGEST`."""

    exit_code = 2


_STATUS: Final = (
    (TooLarge, 413),
    (UnknownEnvironment, 404),
    (UsageError, 400),
    (Refused, 409),
    (IntegrityFailure, 500),
    (Unavailable, 503),
)
"""Kind of error to status; of the others something was asked for that is not there."""

RETRY_AFTER: Final = "2"
"""Seconds."""

LONGEST: Final = 2000
"""Characters of a message."""


def status_of(error: TetraEsError) -> int:
    """Return the status of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 404)


def error_value(error: TetraEsError) -> dict[str, Any]:
    """Return an error as `-o json` has it."""
    return problem(error.message, error.hint, error.exit_code)


def problem(message: str, hint: str | None, code: int) -> dict[str, Any]:
    """Return an error with an exit code."""
    told = one_line(message)[:LONGEST]
    return {"code": WORDS.get(code, "error"), "message": told, "hint": hint, "exit": code}


def problem_body(message: str, hint: str | None, code: int) -> bytes:
    """Return an error with an exit code as the body of an answer, written as other answers are."""
    told = problem(message, hint, code)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def reply_to(error: TetraEsError) -> JSONResponse:
    """Return the answer that an error is."""
    status = status_of(error)
    return refusal(status, error_value(error), again_after(status))


def again_after(status: int) -> dict[str, str]:
    """Return the header that says when to ask again what cannot be answered now."""
    return {"Retry-After": RETRY_AFTER} if status == 503 else {}


def refusal(
    status: int, value: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return an answer that says what is wrong."""
    return JSONResponse(value, status, headers={"Cache-Control": "no-store", **(headers or {})})
