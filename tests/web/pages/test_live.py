"""Pages as the service asks for them: filters, parts, zones, sizes, what others wrote."""

from __future__ import annotations

import html
import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.web.pages.looking import Look
from tests.web.story import CANARIES, HOSTILE
from tetra_es.errors import TetraEsError, UsageError
from tetra_es.refs import TimeRef, parse_ref
from tetra_es.text import one_line
from tetra_es_web.pages.registry import PAGES
from tetra_es_web.pages.view import MANY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.web.pages.looking import Page
    from tests.web.service import Service

OF = {
    "event": "50",
    "environment": "dev",
    "profile": "prod",
    "key": "ports.tetra",
    "replay": "prod",
}
GIVEN = {
    "compare": {"a": "dev@1", "b": "dev@2"},
    "search": {"q": "4446"},
    "replay": {"without": "local@5"},
}
LARGEST = 100_000


def events(page: Page) -> list[int]:
    """Return the events of a timeline."""
    return [int(one[1:]) for one in page.ids if one[0] == "e" and one[1:].isdigit()]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_whole_and_keeps_the_zone(look: Look, name: str) -> None:
    page = look.page(name, OF.get(name, ""), tz="Asia/Kolkata", **GIVEN.get(name, {}))
    assert "Asia/Kolkata" in page.text
    assert "+05:30" in page.text
    for canary in CANARIES:
        assert canary not in page.source
    for href in page.hrefs:
        parts = urlsplit(href)
        if parts.path and not parts.path.startswith("/static/") and parts.path != "/search":
            assert parse_qs(parts.query)["tz"] == ["Asia/Kolkata"], href


def test_a_permalink_says_the_same_later(founded: Machine, tmp_path: Path) -> None:
    machine = founded.copy(tmp_path / "home")
    machine.ok("promote", "dev")
    look = Look(machine)
    asked: dict[str, dict[str, str]] = {
        **GIVEN,
        "compare": {"a": "local", "b": "dev"},
        "hosts": {"at": "now"},
        "search": {"q": "ports"},
        "timeline": {"since": "3h"},
        "secrets": {"at": "now"},
    }
    names = (
        *("overview", "timeline", "environment", "keys", "key", "hosts", "signers", "secrets"),
        *("compare", "search", "findings"),
    )
    pages: dict[str, tuple[Page, str, dict[str, str]]] = {}
    commands: dict[str, list[str]] = {}
    for name in names:
        page = look.page(name, OF.get(name, ""), **asked.get(name, {}))
        pages[name] = (page, *_permalink(page))
        commands[name] = page.commands
    machine.ok("set", "local", "ports.tetra=4999")
    machine.ok("promote", "dev")
    assert [name for name, has in commands.items() if not has] == []
    for command in (one for has in commands.values() for one in has):
        assert "4999" not in machine.run(*shlex.split(command)[1:]).out, command
    for name, (before, of, given) in pages.items():
        after = look.page(name, of, **given)
        assert "4999" not in after.main, name
        assert {*re.findall(r"#[0-9]+", before.main)} <= {*re.findall(r"#[0-9]+", after.main)}, name
    assert "4999" in look.page("timeline").main


@pytest.mark.parametrize(
    ("name", "of", "given"),
    [
        ("keys", "", {}),
        ("environment", "local", {}),
        ("compare", "", {"a": "local", "b": "local@1"}),
    ],
)
def test_the_parts_of_a_page_are_of_one_moment(
    large: Machine, tmp_path: Path, name: str, of: str, given: dict[str, str]
) -> None:
    machine = large.copy(tmp_path / "home")
    machine.ok("status")  # which admits what is there
    look = Look(machine)
    page = look.page(name, of, **given)
    (link, *_) = [urlsplit(one) for one in page.hrefs if "part=2" in one]
    query = {key: values[0] for key, values in parse_qs(link.query).items()}
    before = re.findall(r"k[0-3]_[0-9]+", look.page(name, of, **query).main)
    machine.ok("set", "local", "a_new_first_key=1", "-m", "x")
    assert re.findall(r"k[0-3]_[0-9]+", look.page(name, of, **query).main) == before != []


def test_a_permalink_keeps_all_that_is_asked(look: Look) -> None:
    for name, given in (
        ("findings", {"kind": MANY.join(("behind", "drift"))}),
        ("timeline", {"n": "3", "actor": "bob"}),
        ("compare", {"a": "profile prod@1", "b": "dev@2"}),
    ):
        _, asked = _permalink(look.page(name, **given))
        assert asked.items() >= given.items(), name
    _, asked = _permalink(look.page("compare", a="dev@1", b="now"))
    assert TimeRef(asked["b"]) == parse_ref(asked["b"])


def test_what_an_environment_runs_is_of_the_moment_of_its_page(
    look: Look, service: Service
) -> None:
    """A revision that is present has a last moment that moves on."""
    page = look.page("environment", "prod", at="prod@4")
    newest = service.rows("head")["event"]
    assert _permalink(page) == ("prod", {"at": str(newest)})


def test_a_revision_of_secrets_is_what_stood_at_its_end(founded: Machine, tmp_path: Path) -> None:
    machine = founded.copy(tmp_path / "home")
    machine.ok("identity", "new")
    machine.ok("promote", "dev", "-m", "x")
    mine = machine.ok("identity", "show").out.strip()
    machine.ok("recipient", "add", "dev", "me", mine, "-m", "x")
    machine.ok("set", "local", "ports.tetra=4999", "-m", "x")
    machine.ok("promote", "dev", "-m", "x")
    page = Look(machine).page("secrets", "dev", at="dev@1")
    rows = machine.ok("recipient", "list", "dev", "--at", "dev@1", "-o", "json").json
    for row in rows:
        assert f"<strong>{row['name']}</strong>" in page.source
    assert rows


def _permalink(page: Page) -> tuple[str, dict[str, str]]:
    """Return what the permalink is of, and its parameters."""
    found = re.search(r'href="([^"]*)">permalink<', page.source)
    assert found
    parts = urlsplit(html.unescape(found[1]))
    of = unquote(parts.path.split("/")[2]) if parts.path.count("/") > 1 else ""
    return of, {name: MANY.join(values) for name, values in parse_qs(parts.query).items()}


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"environment": "dev"},
        {"environment": "manifest"},
        {"key": "ports"},
        {"actor": "bob"},
        {"type": "environment.promoted"},
        {"type": "deployment"},
        {"grep": "peak|slow", "environment": "prod"},
        {"before": "40", "environment": "dev"},
        {"after": "60", "environment": "@dev"},
        {"environment": "profile prod"},
        {"environment": "manifest", "type": "organization"},
        {"since": "2h", "until": "now", "n": "5"},
        {"until": "2020-01-01"},
    ],
)
def test_a_timeline_has_the_rows_of_history(
    told: Machine, look: Look, words: dict[str, str]
) -> None:
    options: list[str] = []
    for name, value in words.items():
        option = {"environment": (), "n": ("-n",)}.get(name, (f"--{name}",))
        options += [*option, value]
    rows = told.history(*options, *(() if "n" in words else ("-n", "40")))
    assert events(look.page("timeline", **words)) == list(dict.fromkeys(r["event"] for r in rows))


def test_older_events_are_on_the_next_page(told: Machine, look: Look) -> None:
    page = look.page("timeline", n="7")
    seen = events(page)
    while f"before={seen[-1]}" in "".join(page.hrefs):
        page = look.page("timeline", n="7", before=str(seen[-1]))
        seen += events(page)
    assert seen == [row["event"] for row in told.history()]


@pytest.mark.parametrize(("key", "value", "reason"), HOSTILE)
def test_what_others_wrote_is_text(look: Look, key: str, value: str, reason: str) -> None:
    del value
    for page in (
        look.page("timeline"),
        look.page("key", key),
        look.page("search", q=reason),
        look.page("environment", "local"),
        look.page("keys"),
    ):
        assert not {"script", "img", "i"} & set(page.tags)
        assert not set("\x1b\x07\u202e\u2028") & set(page.source)
    assert one_line(reason) in look.page("search", q=reason).text


@pytest.mark.parametrize(
    ("name", "of", "given"),
    [
        ("event", "x", {}),
        ("event", "999999", {}),
        ("environment", "nope", {}),
        ("environment", "dev", {"at": "dev@99"}),
        ("timeline", "", {"actor": "nobody"}),
        ("timeline", "", {"before": "x"}),
        ("timeline", "", {"grep": "("}),
        ("key", "no.such", {}),
        ("secrets", "nope", {}),
        ("keys", "", {"part": "99"}),
    ],
)
def test_what_is_not_there_is_an_error(
    look: Look, name: str, of: str, given: dict[str, str]
) -> None:
    with pytest.raises(TetraEsError) as caught:
        look.page(name, of, **given)
    assert caught.value.hint or not isinstance(caught.value, UsageError)


@pytest.fixture(scope="module")
def large(bare_large: Machine) -> Machine:
    """Thousands of keys, long values and reasons, in which each character needs five."""
    quotes = "'" * 300
    lines = "".join(
        f'k{table}_{number} = "<{quotes}&{number}>"\n'
        for table in range(4)
        for number in range(400)
    )
    file = bare_large.toml("local")
    file.write_text(f"{file.read_text()}\n[extra]\n{lines}")
    bare_large.ok("record", "-m", "<&>" * 600)
    bare_large.ok("promote", "dev", "-m", '"' * 900)
    for number in range(60):
        changes = [f"extra.k{n}_1=<{'&' * 300}{number}" for n in range(4)]
        bare_large.ok("set", "local", *changes, "-m", '"' * 1000)
    return bare_large


@pytest.fixture(scope="module")
def bare_large(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return founded.copy(tmp_path_factory.mktemp("large") / "home")


def test_no_page_is_large(large: Machine) -> None:
    asked = [
        ("overview", "", {}),
        ("timeline", "", {"n": "50"}),
        ("event", "3", {}),
        ("event", "4", {}),
        ("event", "20", {}),
        ("environment", "dev", {}),
        ("compare", "", {"a": "local@1", "b": "local"}),
        ("key", "extra.k1_1", {}),
        ("key", "extra", {}),
        ("keys", "", {}),
        ("findings", "", {}),
        ("search", "", {"q": "extra"}),
        ("search", "", {"q": "&"}),
    ]
    look = Look(large)
    for name, of, given in asked:
        page = look.page(name, of, **given)
        size = len(page.source.encode())
        assert size <= LARGEST, (name, of, size)
        if name in ("environment", "keys", "compare"):
            assert [href for href in page.hrefs if "part=" in href], name
            assert look.page(name, of, **given, part="2").text != page.text


def test_all_parts_together_have_everything(large: Machine) -> None:
    look, found, part = Look(large), "", 1
    while True:
        page = look.page("environment", "dev", part=str(part))
        assert len(page.source.encode()) <= LARGEST
        found += page.text
        part += 1
        if not any(f"part={part}" in href for href in page.hrefs):
            break
    assert part > 3
    for number in (0, 199, 399):
        assert f"k3_{number} = " in found


def test_all_pages_of_findings_together_have_everything(
    founded: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = founded.copy(tmp_path / "home")
    for number in range(7):
        machine.ok("set", "local", f"ports.tetra={5001 + number}")
    machine.ok("promote", "staging", "-m", "x")
    monkeypatch.setattr("tetra_es_web.pages.findings._SHOWN", 3)
    look, found, after = Look(machine), list[str](), 0
    while True:
        page = look.page("findings", **({"after": str(after)} if after else {}))
        assert "8 findings, the gravest kind first" in page.text
        assert f"{after + 1} to {min(after + 3, 8)} of 8" in page.text
        found += re.findall(r'"/event/([0-9]+)" class="at"', page.source)
        after += 3
        if not any(f"after={after}" in one for one in page.hrefs):
            break
    assert found == ["10", *map(str, range(3, 10))]
    assert "None of 8" in look.page("findings", after="100").text


def test_the_findings_say_how_many_the_first_page_counts(look: Look) -> None:
    counted = re.search(r"(\d+)\s+open findings", look.page("overview").text)
    said = re.search(r"the gravest kind first; (\d+) of them are open", look.page("findings").text)
    assert counted
    assert said
    assert counted[1] == said[1]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=2026-01-02&tz=Europe/Berlin", "2026-01-02</strong> (<time datetime="),
        ("since=2026-01-02&tz=Europe/Berlin", ">2026-01-02 00:00:00+01:00</time>)"),
        ("since=1h", "since <strong>1h</strong> (<time datetime="),
        ("until=2199-12-31", ">2199-12-31 23:59:59Z</time>)"),
        ("since=2026-01-02T00:00:00.000000Z", "00:00:00.000000Z</strong>, newest first"),
    ],
)
def test_a_period_is_told_in_full(service: Service, query: str, said: str) -> None:
    """On paper, nobody knows from when on an hour was counted."""
    assert said in service.ask(f"/timeline?{query}").text
