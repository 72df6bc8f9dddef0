"""Long names, many environments, long lists: nothing is broken in two, or cut without a word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markupsafe import Markup

from tests.machine import Machine
from tests.web.pages.looking import Look

if TYPE_CHECKING:
    from pathlib import Path

KEY = "app.connection_pool.maximum_idle_seconds"
MORE = tuple(f"shop-{number}" for number in range(10))


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Look:
    home: Path = tmp_path_factory.mktemp("names") / "home"
    home.mkdir()
    machine = Machine(home, reads=True)
    machine.ok("init", "acme", "--domain", "acme.example")
    machine.ok("set", "local", f"{KEY}=300")
    lines = "".join(f"SECRET_NUMBER_{number}=value-{number}\n" for number in range(205))
    machine.ok("promote", "dev")
    machine.ok("secret", "import", "dev", "-", stdin=lines)
    for name in ("staging", "prod"):
        machine.ok("promote", name)
    for name in MORE:
        machine.ok("env", "add", name, "--profile", "dev")
        machine.ok("promote", name)
    machine.ok("env", "rm", "staging")
    return Look(machine)


@pytest.mark.parametrize(
    "name", [KEY, "a_b", 'app."<i>.</i>_&amp;".x', "x" * 60, "._" * 30, "app.\x1b[31m.\u202ered"]
)
def test_a_name_is_the_same_with_its_breaks(name: str) -> None:
    from tetra_es.text import one_line
    from tetra_es_web.pages.rendering import breaks

    text = Markup.escape(breaks(one_line(name)))
    assert str(text).replace("<wbr>", "") == str(Markup.escape(one_line(name)))
    assert all(before in "._/" for before in re.findall(r"(.)<wbr>", text))


@pytest.mark.parametrize("page", ["keys", "timeline", "event/local@2", "compare?a=local@1&b=local"])
def test_a_long_key_is_broken_at_its_dots_alone(wide: Look, page: str) -> None:
    name, _, rest = page.partition("?")
    name, _, of = name.partition("/")
    found = wide.page(name, of, **dict(pair.split("=") for pair in rest.split("&") if pair))
    assert ">app.<wbr>connection_<wbr>pool.<wbr>maximum_<wbr>idle_<wbr>seconds<" in found.source
    assert KEY in found.text


def test_two_environments_are_not_before_and_after(wide: Look) -> None:
    page = wide.page("compare", a="local", b="prod")
    assert not {"del", "ins"} & set(page.tags)
    assert "A line with - is in local alone, one with + in prod alone." in page.text
    assert "del" in wide.page("timeline", n="50").tags  # there something was changed


def test_the_first_page_names_removed_environments(wide: Look) -> None:
    page = wide.page("overview")
    assert re.search(r"Not in the manifest any more: staging staging@1\s+\(#\d+\)\.", page.text)
    assert "any more" not in wide.page("overview", at="1").text


def test_many_lanes_are_told_by_the_edge(wide: Look) -> None:
    """They would be drawn over the text."""
    page = wide.page("timeline", n="50")
    assert 'class="track lanes-many"' in page.source
    assert "svg" not in page.tags
    few = wide.page("timeline", environment="dev")
    assert "svg" in few.tags


def test_lists_of_secrets_say_what_they_leave_out(wide: Look) -> None:
    page = wide.page("environment", "dev")
    assert re.search(r"and\s+5 more secrets", page.text)
    page = wide.page("secrets", "dev")
    assert "and older ones, which are among all events of dev" in page.text
    assert "/timeline?environment=dev" in page.hrefs
    names, part = set[str](), 1
    while part:
        page = wide.page("secrets", "dev", part=str(part))
        source = page.source.replace("<wbr>", "")
        names |= set(re.findall(r"<code>(SECRET_NUMBER_\d+)</code>", source))
        part = part + 1 if f"Part {part + 1} →" in page.text else 0
    assert len(names) == 205
