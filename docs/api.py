"""Writes docs/reference/api.md from the OpenAPI document of the service.

    python docs/api.py             writes it
    python docs/api.py --check     exit 1 when it is stale

It takes the packages of the extra `serve`, which docs/generate.py does without.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tetra_es.admission import Admission
from tetra_es.layout import OrgLayout
from tetra_es_projections.queries.answering import Answering
from tetra_es_web.app import create_app
from tetra_es_web.routes.document import document

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent / "reference/api.md"

_BEGIN = """\
# The API

<!-- Written by docs/api.py: change the source, then run `make docs`. -->

What `tetra-es serve` answers under `/api/v1`, to GET and HEAD. Answers are those of the commands:
[the JSON that they print](../format.md#json); [how to serve them](../how-to/serve.md) says who may
ask. `/api/v1/openapi.json` is this page for programs.

Every question takes `tz`, the zone of times without an offset, and `output`, the form of the
answer; the header `Accept` does the same. A parameter that a question does not have is refused.
"""


def written() -> str:
    """Return the page."""
    app = create_app(Answering(OrgLayout(Path("/nowhere")), Admission(None)))
    told = document(app)
    lines = [_BEGIN]
    for path, methods in sorted(told["paths"].items()):
        lines += _question(path, methods["get"])
    lines += _statuses(next(iter(told["paths"].values()))["get"])
    return "\n".join(lines)


def _question(path: str, told: dict[str, Any]) -> Iterator[str]:
    yield f"## {path}\n"
    yield f"{told['description'].strip()}\n"
    rows = [one for one in told["parameters"] if one["name"] not in ("tz", "output")]
    if rows:
        yield "| Parameter | | Means | Example |"
        yield "|---|---|---|---|"
        yield from map(_parameter, rows)
        yield ""
    forms = told["responses"]["200"]["content"]
    yield f"Forms: {', '.join(f'`{form}`' for form in forms)}.\n"


def _parameter(told: dict[str, Any]) -> str:
    example = told["schema"].get("examples", [""])[0]
    needed = "needed" if told["required"] else ""
    shown = f"`{example}`" if example != "" else ""
    return f"| `{told['name']}` | {needed} | {told['description']} | {shown} |"


def _statuses(told: dict[str, Any]) -> Iterator[str]:
    yield "## Statuses and headers\n"
    yield "| Status | Means |"
    yield "|---|---|"
    for status, one in told["responses"].items():
        yield f"| {status} | {one['description']} |"
    yield "\nAn error has `code`, `message`, `hint` and `exit`, as on the command line.\n"
    yield "| Header | Says |"
    yield "|---|---|"
    for name, one in told["responses"]["200"]["headers"].items():
        yield f"| `{name}` | {one['description']} |"
    yield ""


def main() -> int:
    """Write the page, or check it with `--check`; return the exit code."""
    text = written()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in sys.argv[1:]:
        print("stale: docs/reference/api.md; run `make docs`", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
