"""Pages show values as people typed them, as the command line does, and find them by that."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.web.service import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.machine import Machine
    from tests.web.service import Service

BEFORE = "[app]\nmode = 0o755\nversion = 3.90\nwhen = 1979-05-27 07:32:00Z\n[b]\nmode = 1_0\n"
AFTER = BEFORE.replace("0o755", "0o700").replace("3.90", "3.10")
TYPED = ("0o755", "0o700", "3.90", "3.10")
RECORDED = ("493", "448", "3.9", "3.1")


@pytest.fixture(scope="module")
def typed(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    machine = founded.copy(tmp_path_factory.mktemp("typed") / "home")
    for text in (BEFORE, AFTER):
        machine.toml("local").write_text(text)
        machine.ok("record")
    machine.ok("promote", "dev")
    with serving(machine) as service:
        yield service


def words_of(service: Service, path: str) -> set[str]:
    reply = service.ask(path)
    assert reply.status == 200, reply.text
    main = reply.text.partition("<main")[2].partition("</main>")[0]
    return set(unescape(re.sub(r"<[^>]*>", " ", main)).split())


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/timeline", TYPED),
        ("/timeline?key=app.mode", TYPED[:2]),
        ("/", TYPED),
        ("/event/local@3", TYPED),
        ("/event/dev@1", ("0o700", "3.10")),
        ("/key/app.mode", TYPED[:2]),
        ("/key/app", TYPED),
        ("/keys", ("0o700", "3.10", "1_0")),
        ("/keys?at=local@2", ("0o755", "3.90")),
        ("/compare?a=local@2&b=local@3", TYPED),
        ("/replay/dev?without=local@3", TYPED),
        ("/search?q=app.&kind=key", ("0o700", "3.10")),
        ("/search?q=0o755", ("0o755", "0o700")),
        ("/search?q=3.10", ("3.90", "3.10")),
    ],
)
def test_a_page_shows_what_was_typed(typed: Service, path: str, shown: tuple[str, ...]) -> None:
    words = words_of(typed, path)
    assert set(shown) <= words
    assert not words & set(RECORDED)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("search", {"q": "0o755"}),
        ("events", {"key": "app.mode"}),
        ("event/local@3", {}),
        ("diff", {"a": "local@2", "b": "local@3"}),
        ("replay/dev", {"without": "local@3"}),
        ("blame/local", {"at": "local@2"}),
    ],
)
def test_programs_get_what_was_recorded(
    typed: Service, path: str, query: Mapping[str, str]
) -> None:
    found = json.dumps(typed.rows(path, query)).replace("\\n", " ")
    assert re.search(r'"(before|after|value)": "493"', found)
    assert not re.search(r'"(before|after|value)": "0o755"', found)


def test_a_line_of_a_difference_does_not_end_in_a_value(machine: Machine) -> None:
    for port in (2, 3):
        machine.toml("local").write_text(f'[app]\nsaid = "one\u2028-port = 1"\nport = {port}\n')
        machine.ok("record")
    with serving(machine) as service:
        for path in ("/event/4", "/compare?a=local@2&b=local@3"):
            text = service.ask(path).text
            lines = re.findall(r"<span(?: class=\"\w+\")?>(.*?)</span>", text.partition("<pre")[2])
            assert [unescape(line) for line in lines][1:5] == [
                " [app]",
                ' said = "one\\u2028-port = 1"',
                "-port = 2",
                "+port = 3",
            ]
