"""All pages of an organization as files, to be read from a disk or put behind any web server."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tetra_es.errors import TetraEsError
from tetra_es_web.links import Address, address, file_of
from tetra_es_web.pages.failure import failure
from tetra_es_web.pages.registry import PAGES
from tetra_es_web.pages.view import View
from tetra_es_web.replacing import replacing
from tetra_es_web.routes.errors import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import tzinfo

    from tetra_es_projections.queries.reader import Reader

_STATIC: Final = Path(__file__).parent / "static"


class _Links:
    """Links from one file to others; remembers the pages that are linked to."""

    live = False

    def __init__(self, ask: Callable[[Address], None]) -> None:
        self._ask = ask
        self.page = address("overview")
        """The page that is being made."""

    def to(self, page: str, of: object = "", **query: object) -> str | None:
        """Return the way to the file of a page; None where the site does not have it."""
        return self._page(address(page, of, **query))

    def same(self, _: Address, /, **query: object) -> str | None:
        """Return the way to this page, or another part of it: a site is of one moment."""
        return self._page(self.page.but(**query))

    def _page(self, wanted: Address) -> str | None:
        path = file_of(wanted)
        if path is None:
            return None
        self._ask(wanted)
        return self._way(path)

    def json(self, path: str, **query: object) -> None:
        """Return nothing: nobody answers."""

    def static(self, name: str) -> str:
        """Return the way to a style."""
        return self._way(f"static/{name}")

    def _way(self, path: str) -> str:
        above = PurePosixPath(str(file_of(self.page))).parent
        return quote("../" * len(above.parts) + path)


def write_site(
    reading: AbstractContextManager[Reader],
    folder: Path,
    zone: tzinfo,
    report: Callable[[str, int, int], None],
) -> int:
    """Write all pages that can be reached from the first one; return how many.

    The same history gives the same bytes. The site is written beside the folder, and takes its
    place when it is whole and `reading` ended without an error. Raises `Refused` for a folder that
    holds anything else than such a site, `TetraEsError` where it cannot be written.
    """
    count = 0
    try:
        with replacing(folder) as new, reading as reader:
            for path, text in _pages(reader, zone, report):
                _write(new / path, text.encode())
                count += 1
            for style in _static():
                _write(new / "static" / style.name, style.read_bytes())
    except OSError as error:
        raise TetraEsError(
            f"cannot write the site in {folder}: {error.strerror}",
            hint="check the path, the room on the disk, and that a folder can be made beside it",
        ) from error
    return count


def _pages(
    reader: Reader, zone: tzinfo, report: Callable[[str, int, int], None]
) -> Iterator[tuple[str, str]]:
    """Yield path and text of each page, the first one first."""
    waiting: deque[Address] = deque()
    known: set[str] = set()

    def ask(wanted: Address) -> None:
        path = file_of(wanted)
        if path is not None and path not in known:
            known.add(path)
            waiting.append(wanted)

    links = _Links(ask)
    view = View(reader, links, zone, str(zone))
    ask(address("overview"))
    done = 0
    while waiting:
        wanted = waiting.popleft()
        path = str(file_of(wanted))
        links.page = wanted
        try:
            text = PAGES[wanted.page](view, wanted.of, dict(wanted.query))
        except TetraEsError as error:  # such as a text that was purged
            text = failure(view, error, status_of(error), wanted)
        done += 1
        report("pages", done, len(known))
        yield path, text


def _static() -> list[Path]:
    """Return the style and what belongs to it."""
    return sorted(path for path in _STATIC.iterdir() if path.is_file())


def _write(path: Path, data: bytes) -> None:
    """Write a new file; nothing is written through a link."""
    path.parent.mkdir(exist_ok=True)
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with open(opened, "wb") as file:  # noqa: PTH123 - of a descriptor
        file.write(data)
