"""An answer that is known is not sent again, until something is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.service import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.web.service import Service

STABLE = [
    *("/api/v1/head", "/api/v1/events", "/api/v1/events?output=csv", "/api/v1/event/7"),
    *("/api/v1/events?since=2020-01-01", "/api/v1/state/dev?at=dev@1", "/api/v1/search?q=a"),
    *("/timeline", "/event/7", "/environment/dev"),
]
NOT_STABLE = [
    *("/api/v1/events?since=2h", "/api/v1/events?until=yesterday", "/api/v1/state/dev?at=1s"),
    *("/api/v1/diff?a=dev@1&b=1s", "/api/v1/hosts?at=23:59", "/api/v1/findings"),
    *("/timeline?since=yesterday", "/environment/dev?at=today", "/hosts?at=now"),
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
