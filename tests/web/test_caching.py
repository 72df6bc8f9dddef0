"""An answer that is known is not sent again, until something is recorded."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import pytest

from tests.clocks import record_dated
from tests.machine import ROOT
from tests.web.service import serving
from tetra_es import refs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.web.service import Service

STABLE = [
    *("/api/v1/head", "/api/v1/events", "/api/v1/events?output=csv", "/api/v1/event/7"),
    *("/api/v1/events?since=2020-01-01", "/api/v1/state/dev?at=dev@1", "/api/v1/search?q=a"),
    *("/timeline", "/event/7", "/environment/dev", "/findings", "/findings?at=dev@1"),
    *("/api/v1/findings", "/api/v1/findings?at=dev@1", "/hosts", "/secrets/dev", "/signers"),
]
NOT_STABLE = [
    *("/api/v1/events?since=2h", "/api/v1/events?until=yesterday", "/api/v1/state/dev?at=1s"),
    *("/api/v1/diff?a=dev@1&b=1s", "/api/v1/hosts?at=23:59", "/api/v1/findings?at=2h"),
    *("/timeline?since=yesterday", "/environment/dev?at=today", "/hosts?at=now"),
    *("/", "/findings?at=yesterday", "/event/1s"),
]
UNKNOWN = [
    *("/nosuch", "/event/9999", "/environment/nosuch", "/environment/dev?at=dev@99", "/key/nosuch"),
    *("/secrets/nosuch", "/findings?kind=nosuch", "/timeline?nosuch=1", "/static/nosuch"),
    *("/api/v1/event/9999", "/api/v1/state/nosuch", "/api/v1/value/dev?key=nosuch", "/api/v1/x"),
]


@pytest.mark.parametrize("path", STABLE)
def test_what_is_known_is_not_sent_again(service: Service, path: str) -> None:
    first = service.ask(path)
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = service.ask(path, headers={"If-None-Match": known})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["content-security-policy"]
    assert service.ask(path, headers={"If-None-Match": '"x"'}).body == first.body


@pytest.mark.parametrize("path", NOT_STABLE)
def test_what_depends_on_the_time_is(service: Service, path: str) -> None:
    assert "etag" not in service.ask(path).headers
    assert service.ask(path, headers={"If-None-Match": "*"}).status in (200, 404)


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_is_not_there_is_not_known(service: Service, path: str) -> None:
    plain = service.ask(path)
    assert plain.status in (400, 404)
    assert "etag" not in plain.headers
    again = service.ask(path, headers={"If-None-Match": "*"})
    assert (again.status, again.body) == (plain.status, plain.body)


class Later(datetime):
    """A clock that is years ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Later:
        return cls(2037, 6, 5, 4, 3, 2, tzinfo=tz)


@pytest.mark.parametrize("path", STABLE)
def test_what_is_known_does_not_depend_on_the_clock(
    service: Service, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so on nothing but the events, since nothing else looks at it: the next test."""
    first = service.ask(path)
    assert (first.status, "etag" in first.headers) == (200, True)
    monkeypatch.setattr(refs, "datetime", Later)
    assert service.ask("/api/v1/events?since=2h").json == []  # it does jump
    again = service.ask(path)
    assert (again.headers["etag"], again.body) == (first.headers["etag"], first.body)


def test_a_date_in_the_future_is_told_while_it_is_one(
    told: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By those who have the answer of before or after that, too; a site has it at no time."""
    machine = told.copy(tmp_path / "home")
    record_dated(machine, "2036-01-01T00:00:00.000000Z", "set", "local", "ports.tetra=4998")
    last = machine.last_position()
    paths = ("/api/v1/findings?kind=clock", "/findings", "/findings?kind=clock")
    with serving(machine) as service:
        ahead = {path: service.ask(path) for path in (*paths, "/")}
        assert [row["event"] for row in ahead[paths[0]].json][-1] == last
        for path in paths:
            assert "which is in the future" in ahead[path].text
            assert "etag" not in ahead[path].headers
            assert service.ask(path, headers={"If-None-Match": "*"}).status == 200
        assert "tetra-es findings --kind=clock<" in ahead[paths[2]].text
        assert "kind=clock" in ahead["/"].text
        fixed = service.ask(f"/findings?at={last}")
        assert "which is in the future" not in fixed.text
        machine.forked().ok("audit", "site", str(tmp_path / "site"))
        with monkeypatch.context() as patched:
            patched.setattr(refs, "datetime", Later)
            over = {path: service.ask(path) for path in paths}
            assert service.ask(f"/findings?at={last}").headers["etag"] == fixed.headers["etag"]
        for path, reply in over.items():
            assert "which is in the future" not in reply.text
            again = service.ask(path, headers={"If-None-Match": reply.headers["etag"]})
            assert (again.status, "which is in the future" in again.text) == (200, True)
        assert "kind=clock" not in service.ask(f"/?at={last}").text
    for page in ("findings.html", "index.html"):
        assert "which is in the future" not in (tmp_path / "site" / page).read_text()


def test_only_times_in_questions_look_at_the_clock() -> None:
    """So it is enough to know of these, and of a date in the future."""
    below = "projections/tetra_es_projections"
    for folder in (f"{below}/queries", f"{below}/answers", f"{below}/evidence", "cli/tetra_es_web"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"datetime\.now|date\.today|time\.time\(", path.read_text()), path
            assert "present_time" not in path.read_text() or path.name == "event_findings.py", path


def test_each_form_has_its_own(service: Service) -> None:
    paths = ("/api/v1/events", "/api/v1/events?output=csv", "/api/v1/events?n=1", "/timeline")
    tags = {service.ask(path).headers["etag"] for path in paths}
    tags.add(service.ask("/api/v1/events", headers={"Accept": "text/csv"}).headers["etag"])
    assert len(tags) == 5


def test_what_is_recorded_is_sent(told: Machine, tmp_path: Path) -> None:
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    with serving(machine) as service:
        before = {path: service.ask(path) for path in STABLE}
        machine.forked().ok("set", "local", "ports.tetra=4999", "-m", "once more")
        for path, reply in before.items():
            again = service.ask(path, headers={"If-None-Match": reply.headers["etag"]})
            assert again.status == 200, path
            assert again.headers["etag"] != reply.headers["etag"]
