"""Answers of the API about an organization of which something was purged: each says so."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.machine import Machine
    from tests.web.service import Service

VALUE = "hunter-two-9"


@pytest.fixture(scope="module")
def hidden(
    founded: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Machine, Service]]:
    """#3 changed the port beside a password, #5 took the password out; both are purged by #6."""
    from tests.web.service import serving

    machine = founded.copy(tmp_path_factory.mktemp("hidden") / "home")
    machine.ok("set", "local", f"app.entry={VALUE}", "ports.tetra=5001", "-m", "the incident")
    machine.ok("set", "local", "app.third=1", "-m", "in between")
    machine.ok("unset", "local", "app.entry", "-m", "innocent")
    machine.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
    with serving(machine) as service:
        yield machine, service


def test_events(hidden: tuple[Machine, Service]) -> None:
    machine, service = hidden
    rows = service.rows("events", {"key": "ports.tetra"})
    told = [(row["event"], row["before"], row["after"], row["purged"]) for row in rows]
    assert told == [(5, None, "5001", 6), (3, "4444", None, 6), (2, None, "4444", None)]
    table = service.ask("/api/v1/events", {"key": "ports.tetra", "output": "csv"}).text
    assert [row["purged"] for row in csv.DictReader(io.StringIO(table))] == ["6", "6", ""]
    listed = machine.ok("history", "--key", "ports.tetra", "-o", "csv").out
    assert table.splitlines() == listed.splitlines()


def test_where_a_value_comes_from(hidden: tuple[Machine, Service]) -> None:
    _, service = hidden
    (row,) = service.rows("blame/local", {"key": "ports.tetra"})
    assert (row["event"], row["one_of"], row["purged"]) == (None, [3, 5], 6)
    why = service.rows("why/local", {"key": "ports.tetra"})
    assert ([each["event"] for each in why["one_of"]], why["purged"]) == ([3, 5], 6)
    (row,) = service.rows("search", {"q": "5001"})
    assert (row["one_of"], row["purged"], row["actor"], row["time"]) == ([3, 5], 6, None, None)
    (row,) = service.rows("findings", {"kind": "purged"})
    assert row["event"] == 6


def test_an_empty_answer(hidden: tuple[Machine, Service]) -> None:
    _, service = hidden
    found = service.ask("/api/v1/search", {"q": "nothing-of-it"})
    assert found.json == []
    assert found.headers["tetra-es-purged"] == "6"
    assert service.rows("head")["purged"] == 6
    refused = service.ask("/api/v1/events", {"key": "app.entry"})
    assert refused.status == 400
    assert "no file is known to have had the key app.entry" in refused.text
    assert service.ask("/api/v1/state/local", {"at": "local@2"}).status == 409
