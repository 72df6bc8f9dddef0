"""What `why` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es_cli.output.model import Report
from tetra_es_cli.output.table import printable
from tetra_es_cli.output.times import short_time
from tetra_es_projections.answers.why import why_value
from tetra_es_projections.queries.written import as_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.why import Made, RuleOf, Running, Why


def why_report(found: Why) -> Report:
    """Return where the value of a key comes from."""
    return Report(why_value(found), _lines(found))


def _lines(found: Why) -> Iterator[str]:
    yield f"{found.key} = {as_written(found.value)}  ({found.state})"
    for row in found.brought_back:
        yield _line("brought back", _said(row))
    if made := found.made:
        yield _line("generated", _said(made.by))
        for rule in made.rules:
            yield _line("rule", f"{rule.place}: {_does(rule)}")
            if rule.edited and rule.edited != found.edited:
                yield _line("rule edited", _said(rule.edited))
        yield _line("source", f"{made.source} {_has(made)}")
    if found.edited:
        yield _line("edited", _said(found.edited))
    for row in found.one_of:
        yield _line("maybe edited", f"{_said(row)}{_purged(row)}")
    for each in found.running:
        yield _line("deployed", _deployed(each))
    if not found.running and found.environment != SOURCE_OF_TRUTH:
        yield _line("deployed", "nowhere")


def _deployed(each: Running) -> str:
    since = short_time(each.since) if each.since else "an unknown time"
    reason = f": {each.reason}" if each.reason else ""
    there = "has a state that was purged" if each.purged else _has(each)
    return f"{each.host} {there}: #{each.event} {each.state}, {since}, {each.actor}{reason}"


def _purged(row: EventRow) -> str:
    return f" (purged by #{row.purged})" if row.purged else ""


def _has(there: Made | Running) -> str:
    if there.purged:
        return "was purged"
    return "does not have the key" if there.value is None else f"has {as_written(there.value)}"


def _does(rule: RuleOf) -> str:
    if rule.kind == "append":
        return f"append {rule.value!r} to {rule.key}"
    return f"set {rule.key} = {rule.value}"


def _line(name: str, text: str) -> str:
    return f"  {name:12}  {printable(text)}"


def _said(row: EventRow) -> str:
    reason = f": {row.reason}" if row.reason else ""
    return f"#{row.event} {row.summary}, {short_time(row.time)}, {row.actor}{reason}"
