"""What the pages say is what happens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.docs import update
from tests.docs.pages import (
    ANYTHING,
    ELSEWHERE,
    WITH_A_SERVER,
    Command,
    agrees,
    check,
    elsewhere,
    pages,
    run,
    steps,
    with_a_server,
)
from tests.examples import LONG_TAIL
from tests.needs import needs

if TYPE_CHECKING:
    from pathlib import Path

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_PATH = re.compile(r"`((?:tetra_es|cli|projections|tests|docs|benchmarks|\.ci|\.github)/[\w./-]*)")
_INFO = re.compile(r"^```(\S*)[^\n]*\n.*?^```$", re.MULTILINE | re.DOTALL)

RUNNABLE = [page for page in pages() if steps(page.read_text()) and not elsewhere(page)]

DAILY = {"README.md", "docs/tutorial.md", "docs/how-to/secrets.md"}
"""Pages whose blocks run every time, the first that people read; the others in a thorough run."""


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def runs(page: Path) -> list[pytest.MarkDecorator]:
    """Return the marks of a page whose blocks run."""
    return [needs(*uses(page)), *([] if name(page) in DAILY else [LONG_TAIL])]


def uses(page: Path) -> tuple[str, ...]:
    """Return the programs of a page's commands that not every machine has."""
    text = "\n".join(step.text for step in steps(page.read_text()))
    return tuple(program for program in ("ssh-keygen",) if program in text)


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=runs(page), id=name(page)) for page in RUNNABLE]
)
def test_shell_blocks_do_what_they_say(page: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    if page.name in WITH_A_SERVER:
        with_a_server(home)
    todo = steps(page.read_text())
    results = run(todo, home)
    check(name(page), todo, results)


def test_the_pages_of_every_day_exist() -> None:
    assert {name(page) for page in RUNNABLE} > DAILY


def test_nothing_fails_in_the_session_of_the_readme() -> None:
    """The first page shows what works: an error there is one that nobody meant."""
    page = (ROOT / "README.md").read_text()
    assert "tetra-es: error" not in page
    assert re.search(r"^rollback\(dev\): ", page, re.MULTILINE)


def test_a_page_that_says_something_else_is_found(tmp_path: Path) -> None:
    """The test above can fail: by output, by a failing script, by a shell that ends."""
    text = "```console\n$ echo a\nb\n$ echo c\n...\nc\n```\n```sh\nfalse\necho no\n```\n"
    first, second, script = steps(text)
    assert isinstance(first, Command)
    assert isinstance(second, Command)
    results = run([first, second, script], tmp_path)
    assert [code for code, _ in results] == [0, 0, 1]
    assert not agrees(first.expected, results[0][1])
    assert agrees(second.expected, results[1][1])
    assert results[2][1] == []


def test_pages_that_need_more_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their commands would fail, or never end: serve.md waits for a service."""
    for place, test in ELSEWHERE.items():
        assert (ROOT / test).is_file()
        (page, *_) = [each for each in pages() if place in {each.name, each.parent.name}]
        monkeypatch.setattr("sys.argv", ["update", str(page)])
        with pytest.raises(SystemExit, match=re.escape(test)):
            update.main()


OF_HELP = "docs/reference/cli.md"
"""Its commands are the examples of help, which tests/cli/test_help.py runs."""


@pytest.mark.parametrize("page", [each for each in pages() if name(each) != OF_HELP], ids=name)
def test_no_command_hides_in_a_block_that_is_not_run(page: Path) -> None:
    for match in _INFO.finditer(page.read_text()):
        assert match[1] in {"console", "sh", "text", "toml", "json", "ini", "nginx"}, match[0]
        if match[1] in {"text", "json", "toml", "ini", "nginx"}:
            assert not re.search(r"^(\$ |tetra-es )", match[0], re.MULTILINE), match[0]


@pytest.mark.parametrize("page", [*pages(), ROOT / "CHANGELOG.md"], ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = page if not path else page.parent / path
        assert file.exists(), f"{name(page)}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{name(page)}: {target}"


@pytest.mark.parametrize("page", pages(), ids=name)
def test_paths_of_this_repository_exist(page: Path) -> None:
    for path in _PATH.findall(page.read_text()):
        assert (ROOT / path).exists(), f"{name(page)}: {path}"


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    titles = (
        re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(page.read_text())
    )
    return {title.strip().replace(" ", "-") for title in titles}


def test_every_page_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = (target.partition("#")[0] for target in _LINK.findall(page.read_text()))
        todo += [
            (page.parent / target).resolve()
            for target in targets
            if (page.parent / target).is_file()
        ]
    assert not {name(page) for page in pages()} - {name(page) for page in seen}


def test_an_ellipsis_stands_for_any_lines() -> None:
    assert agrees([ANYTHING], [])
    assert agrees(["a", ANYTHING, "b"], ["a", "x", "y", "b"])
    assert not agrees(["a", ANYTHING, "b"], ["a", "x"])
