"""Pages have the rows of the API, and so those of the command line, for the same filters."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tetra_es.text import one_line

if TYPE_CHECKING:
    from tests.web.service import Service

FILTERS: list[dict[str, Any]] = [
    {},
    {"environment": "dev"},
    {"environment": "@prod", "actor": "bob"},
    {"environment": "manifest"},
    {"environment": "profile prod"},
    {"key": "ports"},
    {"key": "limits.burst", "environment": "prod"},
    {"key": "DB_PASSWORD"},
    {"actor": "bob"},
    {"actor": "alice", "type": "secret"},
    {"type": "deployment"},
    {"type": "environment.rolled_back"},
    {"since": "2020-01-01", "until": "2199-12-31", "grep": "peak"},
    {"since": "1h", "before": "110", "after": "60"},
    {"grep": "^first|INC"},
    {"until": "2020-01-01"},
    {"after": "100"},
    {"environment": "staging", "before": "73"},
]
"""Of the timeline, whose changed keys are compared, too."""

TABLES: list[tuple[str, str, str, tuple[str, ...], dict[str, Any]]] = [
    ("hosts", "Hosts", "hosts", ("host", "environment", "running", "configured"), {}),
    ("hosts", "Hosts", "hosts", ("host", "running", "state"), {"at": "prod@3"}),
    ("hosts", "Hosts", "hosts", ("host", "event"), {"host": "shop2"}),
    ("signers", "Signers", "signers", ("signer", "fingerprint"), {}),
    ("signers", "Signers", "signers", ("signer", "fingerprint"), {"at": "prod@2"}),
    ("search", "Where it is found, newest first", "search", ("kind", "event", "actor"),
     {"q": "peak"}),
    ("search", "Where it is found, newest first", "search", ("kind", "key", "before", "after"),
     {"q": "44", "kind": "value"}),
    ("search", "Where it is found, newest first", "search", ("kind", "where", "key"),
     {"q": "level", "environment": "profile prod"}),
    ("search", "Where it is found, newest first", "search", ("kind", "event"),
     {"q": "acme", "environment": "manifest"}),
    ("search", "Where it is found, newest first", "search", ("kind", "key", "event"),
     {"q": "burst", "kind": ["key", "summary"], "at": "110"}),
    ("secrets", "Secrets that could be read", "exposure", ("environment", "key", "version", "name"),
     {"whom": "bob"}),
    ("secrets", "Secrets that could be read", "exposure", ("key", "version", "name"),
     {"whom": "@prod", "at": "prod@2"}),
    ("secrets/dev", "Secrets of dev", "secrets/dev", ("key", "version", "actor"), {}),
    ("compare", "", "diff", ("key", "before", "after"), {"a": "dev", "b": "prod"}),
    ("compare", "", "diff", ("key", "before", "after"), {"a": "prod@1", "b": "prod@2"}),
    ("findings", "", "findings", ("environment", "subject", "what"), {}),
    ("findings", "", "findings", ("environment", "subject", "what"),
     {"kind": ["behind", "drift"]}),
    ("findings", "", "findings", ("environment", "subject", "what"), {"at": "prod@2"}),
]  # fmt: skip
"""Page, caption of the table, all tables where there is none; path of the API, what a row of the
page has of one there, and the filters."""


class Tables(HTMLParser):
    """The rows of a page's tables by caption, and of its list of events."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.events: dict[int, str] = {}
        self._caption = ""
        self._open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("caption", "tr", "tbody", "li"):
            self._open.append(tag)
        named = dict(attrs).get("id") or ""
        if tag == "caption":
            self._caption = ""
        elif self._open[-2:] == ["tbody", "tr"] and tag == "tr":
            self.found[self._caption].append("")
        elif tag == "li" and named[:1] == "e" and named[1:].isdecimal():
            self.events[int(named[1:])] = ""

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()
        if tag == "caption":
            self.found.setdefault(self._caption, [])

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["caption"]:
            self._caption += data
        elif "tr" in self._open and "tbody" in self._open:
            self.found[self._caption][-1] += data
        elif "li" in self._open and self.events:
            self.events[[*self.events][-1]] += data


def page(service: Service, path: str, query: dict[str, Any]) -> Tables:
    reply = service.ask(f"/{path}?{urlencode(query, doseq=True)}")
    assert reply.status == 200, reply.text
    return Tables(reply.text)


@pytest.mark.parametrize("query", FILTERS, ids=str)
def test_a_timeline(service: Service, query: dict[str, Any]) -> None:
    shown = page(service, "timeline", {**query, "n": 40}).events
    rows = service.rows("events", {**query, "n": 40})
    assert [*shown] == list(dict.fromkeys(row["event"] for row in rows))
    by_key = service.rows("events", {**query, "n": 40, "changes": "true"})
    for event in shown:
        changes = [row for row in by_key if row["event"] == event and row["key"]]
        for row in changes[:8]:
            for name in ("key", "before", "after"):
                assert row[name] is None or said(row[name]) in shown[event], (event, row)
        if changes[8:]:
            assert f"and {len(changes) - 8} more key" in shown[event]


@pytest.mark.parametrize(("path", "caption", "call", "names", "query"), TABLES, ids=str)
def test_a_table(
    service: Service,
    path: str,
    caption: str,
    call: str,
    names: tuple[str, ...],
    query: dict[str, Any],
) -> None:
    tables = page(service, path, query).found
    shown = tables[caption] if caption else [row for rows in tables.values() for row in rows]
    rows = service.rows(call, query)
    assert len(shown) == len(rows) > 0
    for row, text in zip(rows, shown, strict=True):
        for name in names:
            assert row[name] is None or said(row[name]) in text, (row, text)


def test_the_life_of_a_key(service: Service) -> None:
    for query in ({}, {"at": "prod@2"}):
        upto = {"before": 74} if query else {}
        rows = service.rows("events", {"key": "ports", "n": 1000, **upto})
        shown = page(service, "key/ports", query).found["Changes, newest first"]
        assert len(shown) == len(rows)
        for row, text in zip(rows, shown, strict=True):
            for name in ("event", "key", "before", "after"):
                assert row[name] is None or said(row[name]) in text


@pytest.mark.parametrize("query", [{}, {"key": "ports"}, {"at": "prod@2"}], ids=str)
def test_values(service: Service, query: dict[str, str]) -> None:
    (shown,) = page(service, "keys", query).found.values()
    for name in ("local", "dev", "prod"):
        given = {"at": "73"} if "at" in query else query
        for row in service.rows(f"blame/{name}", given):
            if row["key"].startswith("secret "):
                continue  # which have a page of their own
            (line,) = (text for text in shown if text.startswith(said(row["key"])))
            assert said(row["value"])[:100] in line


def said(value: object) -> str:
    """Return a value as pages print it."""
    return one_line(str(value))
