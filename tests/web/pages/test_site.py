"""`audit site`: every page of an organization as a file."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from tests.crash.killing import count_effects, once
from tests.machine import Machine, copy_folder
from tests.web.pages.looking import Page
from tests.web.story import CANARIES
from tetra_es_web import site as site_of_pages

if TYPE_CHECKING:
    from pathlib import Path

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
            assert href, path
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
    assert [path for path, page in pages.items() if 'role="alert"' in page.text] == []


def test_long_lists_go_on_in_files(founded: Machine, tmp_path: Path) -> None:
    machine, site = founded.copy(tmp_path / "home"), tmp_path / "pages"
    lines = "".join(f"key_{number:03} = {number}\n" for number in range(600))
    file = machine.toml("local")
    file.write_text(f"{file.read_text()}\n[long]\n{lines}")
    machine.ok("record", "-m", "x")
    machine.ok("audit", "site", str(site))
    found: set[str] = set()
    path = site / "keys.html"
    while True:
        page = Page.of(path.read_text("utf-8"))
        assert "" not in page.hrefs
        found |= set(re.findall(r"long\.key_\d{3}", page.text))
        (permalink,) = re.findall('href="([^"]*)">permalink<', page.source)
        assert (path.parent / permalink).resolve() == path
        following = re.findall('<a rel="next" href="([^"]*)"', page.source)
        if not following:
            break
        path = (path.parent / following[0]).resolve()
    assert len(found) == 600
    assert path.name != "keys.html"


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
    assert files(again) == files(site)
    told.ok("audit", "site", str(again))
    assert files(again) == files(site)
    assert [*tmp_path.iterdir()] == [again]


def test_no_pages_are_made_of_changed_views(founded: Machine, tmp_path: Path) -> None:
    machine, pages = founded.copy(tmp_path / "home"), tmp_path / "pages"
    machine.ok("status")  # which admits what is there
    with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
        changed = views.execute("UPDATE events SET actor = 'mallory' WHERE position = 2")
        assert changed.rowcount == 1
        views.commit()
    done = machine.fails(4, "audit", "site", str(pages))
    assert done.error() == "store/views.db: events differ from the events, first at #2"
    assert not pages.exists()
    machine.ok("rebuild")
    machine.ok("audit", "site", str(pages))


def test_a_page_of_the_past_is_gone_and_what_others_put_there_stays(
    machine: Machine, tmp_path: Path
) -> None:
    www = tmp_path / "www"
    pages, outside = www / "pages", tmp_path / "outside"
    machine.ok("audit", "site", str(pages))
    outside.write_text("outside")
    (pages / ".well-known").mkdir(mode=0o750)
    (pages / ".well-known" / "security.txt").write_text("mine")
    (pages / "event" / "notes.html").write_text("mine, too")
    (pages / "CNAME").symlink_to(outside)
    (pages / "empty").mkdir()
    pages.chmod(0o755)
    known = (pages / "tetra-es-site.txt").read_text()
    (pages / "tetra-es-site.txt").write_text(f"{known}event/999999.html\n")
    (pages / "event" / "999999.html").write_text("of the site, once")
    machine.ok("set", "local", "ports.tetra=7777")
    machine.ok("audit", "site", str(pages))
    new = pages / "event" / f"{machine.last_position()}.html"
    assert new.is_file()
    assert not (pages / "event" / "999999.html").exists()
    assert (pages / ".well-known" / "security.txt").read_text() == "mine"
    assert (pages / "event" / "notes.html").read_text() == "mine, too"
    assert (pages / "CNAME").readlink() == outside
    assert (pages / "empty").is_dir()
    assert outside.read_text() == "outside"
    assert pages.stat().st_mode & 0o777 == 0o755
    machine.ok("audit", "site", str(pages))
    assert (pages / "event" / "notes.html").read_text() == "mine, too"
    assert [*www.iterdir()] == [pages]


def test_a_file_in_the_way_of_a_page(machine: Machine, tmp_path: Path) -> None:
    pages = tmp_path / "www" / "pages"
    machine.ok("audit", "site", str(pages))
    mark = pages / "tetra-es-site.txt"
    mark.write_text(mark.read_text().replace("hosts.html\n", ""))
    before = files(pages)
    done = machine.fails(3, "audit", "site", str(pages))
    assert "hosts.html is in the place of a page, and not of this site" in done.error()
    assert (files(pages), [*pages.parent.iterdir()]) == (before, [pages])


def test_the_site_is_the_old_one_or_the_new_one(machine: Machine, tmp_path: Path) -> None:
    """Killed at any effect: there is one or the other, whole, and the next one works."""
    pages = tmp_path / "www" / "pages"
    machine.ok("audit", "site", str(pages))
    (pages / "robots.txt").write_text("mine")
    old = files(pages)
    machine.ok("set", "local", "ports.tetra=7778")
    machine.ok("history")
    copy_folder(pages, tmp_path / "site")
    words = ("audit", "site", str(pages))
    count = count_effects(machine, words)
    new = files(pages)
    assert (new["robots.txt"], new == old) == (b"mine", False)
    seen = set()
    for point in (*range(1, count, max(1, count // 8)), *range(count - 20, count + 1, 4)):
        shutil.rmtree(tmp_path / "www")
        copy_folder(tmp_path / "site", pages)
        ended = once(machine, words, signal.SIGKILL, point)
        assert ended.code in {-signal.SIGKILL, 0}, ended
        found = files(pages)
        assert found in (old, new), point
        seen.add(found == new)
        machine.ok(*words)
        assert files(pages) == new, point
        assert [*pages.parent.iterdir()] == [pages], point
    assert seen == {False, True}


def test_what_others_purge_meanwhile_leaves_the_old_site(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some pages would be from before that, and others from after it."""
    machine.ok("set", "local", "app.entry=canary-7", "-m", "an oversight")
    machine.ok("unset", "local", "app.entry")
    machine.ok("audit", "site", str(tmp_path / "sites/pages"))
    before = files(tmp_path / "sites")
    machine.ok("set", "local", "ports.tetra=4001")
    other = machine.forked()
    styles = site_of_pages._static

    def purged() -> list[Path]:
        other.ok("purge", "local", "app.entry", "--at", "3", "-m", "it was a secret", "--yes")
        return styles()

    monkeypatch.setattr(site_of_pages, "_static", purged)
    done = machine.run("audit", "site", str(tmp_path / "sites/pages"))
    assert done.code == 1
    assert "the views are from before the purge #6" in done.error()
    assert files(tmp_path / "sites") == before


def test_what_a_killed_process_left_goes_with_the_next_one(
    machine: Machine, tmp_path: Path
) -> None:
    """Its folder is empty where it was killed last of all, before it removed that."""
    pages = tmp_path / "pages"
    empty, other, link = (tmp_path / f".pages.{one}.partial" for one in ("a", "b", "c"))
    empty.mkdir()
    other.mkdir()
    (other / "notes").write_text("not of a site")
    link.symlink_to(tmp_path)
    machine.ok("audit", "site", str(pages))
    assert {*tmp_path.iterdir()} == {machine.home, pages, other, link}


def test_where_nothing_can_be_written_beside_it(told: Machine, tmp_path: Path) -> None:
    pages = tmp_path / ("x" * 250)
    done = told.fails(1, "audit", "site", str(pages))
    assert "cannot write the site" in done.error()
    assert [*tmp_path.iterdir()] == []


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
    assert "event is in the place of a page" in told.fails(3, "audit", "site", str(folder)).error()
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
