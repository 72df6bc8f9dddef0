"""Whatever a signer records by other means, every page and answer is there, and links lead on."""

from __future__ import annotations

import re
from html import unescape
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_void import METADATA
from tests.examples import THOROUGH
from tests.integrity.hostile import TIMES, Odd, made_up, record
from tests.web.service import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.web.service import Service

PAGES = (
    *("/", "/timeline", "/keys", "/secrets", "/hosts", "/signers", "/findings", "/search?q=a"),
    *("/environment/dev", "/environment/local?at=4", "/secrets/dev", "/key/ports.tetra"),
    *("/compare?a=dev&b=prod", "/timeline?since=9999-12-31", "/timeline?until=0001-01-01"),
    *("/api/v1/events", "/api/v1/head", "/api/v1/findings", "/api/v1/evidence", "/api/v1/hosts"),
    *("/api/v1/environments", "/api/v1/signers", "/api/v1/state/dev", "/api/v1/blame/local"),
)
ZONES = ("UTC", "Asia/Tokyo", "-12:00", "+14:00")
_LINK = re.compile(r'<a [^>]*href="(/[^"]*)"')


@pytest.mark.parametrize("seed", range(8 if THOROUGH else 1))
def test_every_page_is_there(told: Machine, tmp_path: Path, seed: int) -> None:
    machine, random = told.copy(tmp_path / "home"), Random(seed)
    odd = [made_up(random) for _ in range(16)]
    odd += [Odd("org", "org.renamed", {"timestamp": each, "metadata": METADATA}) for each in TIMES]
    promoted = {"environment": "dev", "revision": 99_999, "timestamp": TIMES[0]}
    odd.append(Odd("env:dev", "environment.promoted", promoted | {"metadata": METADATA}))
    first = record(machine, odd)
    machine.ok("set", "local", "ports.tetra=3000")
    with serving(machine) as service:
        for page in PAGES:
            zone = random.choice(ZONES).replace("+", "%2B")
            ask(service, f"{page}{'&' if '?' in page else '?'}tz={zone}")
        links = set[str]()
        for position in range(first, first + len(odd)):
            links |= links_in(ask(service, f"/event/{position}?tz=Asia/Tokyo"))
            ask(service, f"/api/v1/event/{position}")
            ask(service, f"/api/v1/event/{position}/proof")
        page = ask(service, f"/event/{first + 16}")
        assert "it changed nothing. There is no such type of event (rule topic)." in page
        for link in links:
            ask(service, link)
    machine.ok("--tz", random.choice(ZONES), "audit", "site", str(tmp_path / "site"))


def ask(service: Service, address: str) -> str:
    answer = service.ask(address)
    assert answer.status == 200, (address, answer.status, answer.body[:2000])
    return answer.body.decode("utf-8", "replace")


def links_in(page: str) -> set[str]:
    return {unescape(one).partition("#")[0] for one in _LINK.findall(page)}
