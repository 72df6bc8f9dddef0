"""The addresses and commands at the end of a page give what is on it."""

from __future__ import annotations

import re
import shlex
from html import unescape
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine
    from tests.web.service import Service


@pytest.mark.parametrize(
    ("path", "answers"),
    [
        ("/", ("environments", "hosts", "status")),
        ("/?at=8", ("hosts", "status")),
        ("/key/ports.tetra", ("why", "events", "why", "history")),
        ("/keys?key=ports", ("blame", "blame")),
        ("/keys?at=8&tz=Europe/Berlin", ("blame", "blame")),
        ("/secrets", ("exposure", "secret")),
        ("/secrets/dev", ("exposure", "secret")),
        ("/timeline?n=5", ("events", "history")),
        ("/event/9", ("event", "event")),
        ("/compare?a=local&b=dev", ("diff", "diff")),
    ],
)
def test_they_answer(told: Machine, service: Service, path: str, answers: tuple[str, ...]) -> None:
    foot = service.ask(path).text.partition('<footer class="foot">')[2]
    addresses = [unescape(one) for one in re.findall(r'href="(/api/v1/[^"]*)"', foot)]
    shown = foot.partition("On the command line")[2].partition("</dd>")[0]
    commands = [shlex.split(unescape(one)) for one in re.findall(r"<code>(.*?)</code>", shown)]
    found = [one.split("/")[3].partition("?")[0] for one in addresses]
    for words in commands:
        zone = words[1:3] == ["--tz", "Europe/Berlin"]
        found.append(words[3 if zone else 1])
    assert list(dict.fromkeys(found)) == list(dict.fromkeys(answers))
    for one in addresses:
        assert service.ask(one).status == 200, one
    for words in commands:
        told.ok(*words[1:])
