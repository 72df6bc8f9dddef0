"""`audit site`: every page of an organization as a file."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from tests.web.pages.looking import Page
from tests.web.story import CANARIES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

LARGEST = 100_000
"""Bytes of a page."""


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    """Each page, which is well-formed HTML."""
    return {path: Page.of(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_every_link_leads_to_a_file_of_the_site(site: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 200
    wrong, reached = [], {site / "index.html"}
    for path, page in pages.items():
        for href in page.hrefs:
            parts = urlsplit(href)
            assert not parts.scheme, href
            assert not parts.netloc, href
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            reached.add(target)
            named = target in pages and parts.fragment and parts.fragment not in pages[target].ids
            if not target.is_file() or site not in target.parents or named:
                wrong.append((path.name, href))
    assert wrong == []
    assert {*pages} <= reached
    assert [path for path, page in pages.items() if "Not here" in page.text] == []


def test_no_page_is_large_or_has_styles_or_scripts_in_it(pages: dict[Path, Page]) -> None:
    assert max(path.stat().st_size for path in pages) <= LARGEST
    for path, page in pages.items():
        assert not {"script", "style", "iframe", "object", "base"} & set(page.tags), path
        assert not [name for name, _ in page.attributes if name == "style" or name[:2] == "on"]


def test_every_page_says_what_it_is_of(pages: dict[Path, Page], told: Machine) -> None:
    head = told.history("-n", "1")[0]
    for path, page in pages.items():
        assert f"{head['event']}:{head['hash']}" in page.text, path
        assert "Complete since" in page.text, path
        assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("title") == 1
        assert ("lang", "en") in page.attributes
        assert ("href", "#main") in page.attributes
        assert page.tags.count("table") == page.tags.count("caption")


def test_no_secret_is_anywhere(site: Path) -> None:
    for name, data in files(site).items():
        for canary in CANARIES:
            assert canary.encode() not in data, name


def test_the_same_history_gives_the_same_bytes(site: Path, told: Machine, tmp_path: Path) -> None:
    again = tmp_path / "again"
    told.ok("audit", "site", str(again))
    (again / "event" / "999999.html").write_text("left over")
    told.ok("audit", "site", str(again))
    assert files(again) == files(site)


def test_a_folder_of_somebody_else_is_left_alone(told: Machine, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    before = files(tmp_path)
    assert "is not empty" in told.fails(3, "audit", "site", str(tmp_path)).error()
    assert files(tmp_path) == before


def test_nothing_is_written_through_a_link(told: Machine, tmp_path: Path) -> None:
    folder, mine = tmp_path / "pages", tmp_path / "mine"
    mine.mkdir()
    (mine / "41.html").write_text("mine")
    told.ok("audit", "site", str(folder))
    for path in (folder / "event").iterdir():
        path.unlink()
    (folder / "event").rmdir()
    (folder / "event").symlink_to(mine)
    assert "is a link" in told.fails(3, "audit", "site", str(folder)).error()
    assert files(mine) == {"41.html": b"mine"}


def test_another_zone_is_said_with_each_time(told: Machine, tmp_path: Path) -> None:
    told.ok("audit", "site", str(tmp_path / "pages"), "--tz", "Asia/Kolkata")
    page = Page.of((tmp_path / "pages" / "index.html").read_text("utf-8"))
    assert "+05:30" in page.text
    assert "Asia/Kolkata" in page.text
    assert "Z, of" not in page.text


def test_the_command_on_a_page_gives_an_answer(pages: dict[Path, Page], told: Machine) -> None:
    commands = {command for page in pages.values() for command in page.commands}
    assert len(commands) > 100
    shown = {" ".join(command.split()[:2]): command for command in sorted(commands)}
    assert len(shown) > 8
    for command in shown.values():
        done = told.run(*shlex.split(command)[1:])
        assert done.code in (0, 3), (command, done.err)
