"""Where the value of a key comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.why import Made, Why


def why_value(found: Why) -> dict[str, Any]:
    """Return where a value comes from: the rule, the edit behind it, and where it runs."""
    return found._asdict() | {
        "brought_back": [_event(row) for row in found.brought_back],
        "made": found.made and _made(found.made),
        "edited": found.edited and _event(found.edited),
        "one_of": [_event(row) for row in found.one_of],
        "running": [each._asdict() for each in found.running],
    }


def _event(row: EventRow) -> dict[str, Any]:
    kept = ("event", "environment", "revision", "type", "actor", "time", "reason", "summary")
    return {name: value for name, value in row._asdict().items() if name in kept}


def _made(made: Made) -> dict[str, Any]:
    rules = [
        rule._asdict() | {"edited": rule.edited and _event(rule.edited)} for rule in made.rules
    ]
    told = {"promotion": _event(made.by), **made._asdict(), "rules": rules}
    del told["by"]
    return told
