"""Where an event is stored that is refused, every answer says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_void import METADATA, sign
from tests.machine import until
from tests.web.service import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

PAGES = (
    "/",
    "/timeline",
    "/event/1",
    "/environment/local",
    "/keys",
    "/findings",
    "/hosts",
    "/event/9999",
)
BAD: dict[str, dict[str, Any]] = {
    "a time": {"timestamp": "not a time"},
    "rules": {"metadata": METADATA | {"rules": 99}},
}


@pytest.mark.parametrize("how", BAD)
def test_whoever_asks_hears_of_it(told: Machine, tmp_path: Path, how: str) -> None:
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    with serving(machine) as service:
        before = service.ask("/timeline")
        assert service.ask("/healthz").body == b"ok\n"
        assert json.loads(service.ask("/api/v1/head").body)["stopped"] is None
        position = sign(machine, "org", "org.renamed", **BAD[how])
        for page in PAGES:
            text = service.ask(page).body.decode()
            assert f"does not count: event #{position} " in text, page
        again = service.ask("/timeline", headers={"If-None-Match": before.headers["etag"]})
        assert again.status == 200
        stopped = json.loads(service.ask("/api/v1/head").body)["stopped"]
        assert stopped.startswith(f"event #{position} ")
        findings = json.loads(service.ask("/api/v1/findings?kind=refused").body)
        (found,) = machine.fails(3, "findings", "--kind", "refused", "-o", "json").json
        assert findings == [found] or findings["findings"] == [found]
        assert found["subject"].startswith(f"event #{position} ")
        until(lambda: service.ask("/healthz").body == b"stopped\n")
        assert len([line for line in service.lines if f"event #{position} " in line]) == 1
        assert b"tetra_es_stopped 1.0" in service.ask("/metrics").body
        machine.ok("repair")
        assert b"does not count" not in service.ask("/").body
        until(lambda: service.ask("/healthz").body == b"ok\n")


def test_what_others_record_meanwhile_is_only_newer(told: Machine, tmp_path: Path) -> None:
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    with serving(machine) as service:
        for number in range(3):
            machine.ok("set", "local", f"ports.tetra={3000 + number}")
            assert b"does not count" not in service.ask("/").body
