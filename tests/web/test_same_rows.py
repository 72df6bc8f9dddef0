"""The API, CSV, JSON Lines and the command line give the same rows, on one story."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_schema import wrong

if TYPE_CHECKING:
    from tests.machine import Machine
    from tests.web.service import Service

LISTINGS: list[tuple[str, dict[str, object], str]] = [
    ("events", {"n": 10000}, "history"),
    ("events", {"n": 10000, "reverse": "true"}, "history --reverse"),
    ("events", {"n": 5}, "history -n 5"),
    ("events", {"n": 5, "before": 30}, "history -n 5 --before 30"),
    ("events", {"n": 1000, "after": 20}, "history --after 20"),
    ("events", {"environment": "dev", "n": 1000}, "history dev"),
    ("events", {"environment": "manifest", "n": 1000}, "history manifest"),
    ("events", {"environment": "profile prod", "n": 1000}, "history profile prod"),
    ("events", {"key": "ports.tetra", "n": 1000}, "history --key ports.tetra"),
    ("events", {"changes": "true", "n": 1000}, "history --changes"),
    ("events", {"steps": "true", "n": 1000}, "history --steps"),
    ("events", {"actor": "bob", "n": 1000}, "history --actor bob"),
    ("events", {"type": "secret", "n": 1000}, "history --type secret"),
    ("events", {"since": "2020-01-01", "until": "2199-01-01", "n": 1000},
     "history --since 2020-01-01 --until 2199-01-01"),
    ("events", {"grep": "peak", "n": 1000}, "history --grep peak"),
    ("deployments", {"n": 1000}, "history --type deployment.started --steps"),
    ("deployments", {"environment": "prod"}, "history prod --type deployment.started --steps"),
    ("search", {"q": "4446"}, "search 4446"),
    ("search", {"q": "bob", "kind": "actor"}, "search bob --kind actor"),
    ("search", {"q": "search", "environment": "dev"}, "search search --env dev"),
    ("search", {"q": "4446", "environment": "@prod"}, "search 4446 --env prod"),
    ("search", {"q": "l", "environment": "profile prod"}, "search l --env profile=prod"),
    ("search", {"q": "acme", "environment": "manifest"}, "search acme --env manifest"),
    ("search", {"q": "burst", "at": "prod@2", "n": 2}, "search burst --at prod@2 -n 2"),
    ("environments", {}, "env list"),
    ("diff", {"a": "dev@1", "b": "dev"}, "diff dev@1 dev"),
    ("diff", {"a": "staging", "b": "prod"}, "diff staging prod"),
    ("blame/dev", {}, "blame dev"),
    ("blame/dev", {"at": "dev@1", "key": "ports"}, "blame dev ports --at dev@1"),
    ("secrets/dev", {}, "secret list dev"),
    ("recipients/dev", {}, "recipient list dev"),
    ("recipients/dev", {"at": "20"}, "recipient list dev --at 20"),
    ("hosts", {}, "hosts"),
    ("hosts", {"host": "web1"}, "hosts web1"),
    ("hosts", {"at": "25"}, "hosts --at 25"),
    ("signers", {}, "signer list"),
    ("signers", {"at": "1"}, "signer list --at 1"),
    ("exposure", {"whom": "bob"}, "secret exposure bob"),
    ("exposure", {"whom": "@dev"}, "secret exposure @dev"),
    ("findings", {}, "findings"),
    ("findings", {"kind": ["compromised", "to-rotate"]},
     "findings --kind compromised --kind to-rotate"),
]  # fmt: skip
"""Path, parameters, and the words of the command that prints the same."""

REPORTS: list[tuple[str, dict[str, object], str]] = [
    ("event/7", {}, "event 7"),
    ("event/dev@1", {}, "event dev@1"),
    ("value/dev", {"key": "ports.tetra"}, "get dev ports.tetra"),
    ("value/dev", {"key": "ports", "at": "dev@1"}, "get dev ports --at dev@1"),
    ("why/prod", {"key": "ports.tetra"}, "why prod ports.tetra"),
    ("replay/prod", {"without": "111"}, "replay prod --without 111"),
    ("replay/dev", {"without": "local@5", "at": "dev@3"}, "replay dev --without 70 --at dev@3"),
    ("why/prod", {"key": "logging.level", "at": "prod@1"}, "why prod logging.level --at prod@1"),
]

SCHEMA = {
    "events": "history", "deployments": "history", "search": "search", "environments": "env list",
    "diff": "diff", "blame": "blame", "secrets": "secret list", "recipients": "recipient list",
    "hosts": "hosts", "signers": "signer list", "exposure": "secret exposure",
    "findings": "findings", "replay": "replay", "event": "event", "value": "get", "why": "why",
    "head": "head",
    "state": "state", "proof": "proof",
}  # fmt: skip


def printed(machine: Machine, words: str, form: str) -> str:
    done = machine.run(*(word.replace("=", " ") for word in words.split()), "-o", form)
    assert done.code in (0, 3 if words.startswith("findings") else 0), done.err
    return done.out


@pytest.mark.parametrize(("path", "query", "words"), LISTINGS, ids=lambda one: str(one)[:60])
def test_rows(told: Machine, service: Service, path: str, query: Any, words: str) -> None:
    rows = service.rows(path, query)
    assert rows == json.loads(printed(told, words, "json"))
    assert rows or "host" in path, "nothing is compared"
    assert wrong(SCHEMA[path.partition("/")[0]], rows) == []
    lines = service.ask(f"/api/v1/{path}", query, headers={"Accept": "application/x-ndjson"})
    assert [json.loads(line) for line in lines.text.split("\n")[:-1]] == rows
    assert lines.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    table = service.ask(f"/api/v1/{path}", {**query, "output": "csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    if not path.startswith("diff"):  # which has no CSV on the command line
        assert table.text.replace("\r\n", "\n") == printed(told, words, "csv")


@pytest.mark.parametrize(("path", "query", "words"), REPORTS, ids=lambda one: str(one)[:60])
def test_one_thing(told: Machine, service: Service, path: str, query: Any, words: str) -> None:
    found = service.rows(path, query)
    assert found == json.loads(printed(told, words, "json"))
    assert wrong(SCHEMA[path.partition("/")[0]], found) == []


@pytest.mark.parametrize("file", ["local", "dev", "prod", "manifest", "profile prod"])
@pytest.mark.parametrize("at", ["", "30"])
def test_states(told: Machine, service: Service, file: str, at: str) -> None:
    query = {"at": at} if at else {}
    words = ["show", *file.split(), *(("--at", at) if at else ())]
    text = told.ok(*words).out
    found = service.rows(f"state/{file}", query)
    assert found["text"] == text
    assert wrong("state", found) == []
    toml = service.ask(f"/api/v1/state/{file}", query, headers={"Accept": "application/toml"})
    assert toml.text == text
    if file in ("dev", "prod"):
        rows = [line.split() for line in told.ok(*words, "--secrets").out.splitlines()[1:]]
        assert [[one["key"], str(one["version"])] for one in found["secrets"]] == rows


def test_the_head_is_the_newest_event(told: Machine, service: Service) -> None:
    found, newest = service.rows("head"), told.history("-n", "1")[0]
    assert wrong("head", found) == []
    assert (found["event"], found["hash"]) == (newest["event"], newest["hash"])
    reply = service.ask("/api/v1/events")
    assert reply.headers["tetra-es-position"] == str(found["event"])
    assert reply.headers["tetra-es-hash"] == found["hash"]
    assert reply.headers["tetra-es-since"] == told.history("--reverse")[0]["time"]


@pytest.mark.parametrize("more", ["", "&reverse=true"])
def test_pages_have_all_events_once(told: Machine, service: Service, more: str) -> None:
    found: list[int] = []
    path: str | None = f"/api/v1/events?n=7{more}"
    while path:
        reply = service.ask(path)
        rows = [row["event"] for row in reply.json]
        found += reversed(rows) if more else rows
        link = reply.headers.get("link")
        assert link is None or link.endswith('; rel="next"')
        path = link.partition(">")[0].removeprefix("<") if link else None
    assert found == [row["event"] for row in told.history()]
    assert len(found) > 20


def test_a_time_is_of_the_zone(told: Machine, service: Service) -> None:
    time = told.history()[10]["time"][:19]
    east = service.rows("events", {"until": time, "tz": "+02:00", "n": 1000})
    here = service.rows("events", {"until": f"{time}+02:00", "n": 1000})
    assert east == here
    assert len(service.rows("events", {"until": time, "n": 1000})) > len(here)


def test_pages_of_findings(service: Service) -> None:
    everything = service.rows("findings")
    found: list[Any] = []
    path: str | None = "/api/v1/findings?n=2"
    while path:
        reply = service.ask(path)
        found += reply.json
        link = reply.headers.get("link")
        path = link.partition(">")[0].removeprefix("<") if link else None
    assert found == everything
    assert len(found) > 4
    assert service.rows("findings", {"after": 3}) == everything[3:]
    assert service.rows("findings", {"after": 10_000}) == []
