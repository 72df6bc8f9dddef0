"""Pages without a server: what is asked for, and what is in the HTML."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import takewhile
from typing import TYPE_CHECKING

from tetra_es.admission import Admission
from tetra_es.gate.as_of import ReplicaAsOf
from tetra_es.layout import OrgLayout
from tetra_es.zones import zone_named
from tetra_es_projections.queries.answering import Answering
from tetra_es_web.links import LiveLinks
from tetra_es_web.pages.registry import PAGES
from tetra_es_web.pages.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

    from tests.machine import Machine
    from tetra_es_projections.queries.answering import Moment

_VOID = {"meta", "link", "input", "br", "wbr", "option", "img", "hr"}
"""Elements without an end; `option` may leave it out."""
_OPTIONAL = {"option"}


class Look:
    """Asks for pages of an organization."""

    def __init__(self, machine: Machine) -> None:
        admission = Admission(machine.home / ".local/state/tetra-es")
        self._answering = Answering(OrgLayout(machine.folder), admission)

    def page(self, name: str, of: str = "", tz: str = "", **given: str) -> Page:
        """Return a page as the service shows it, and check that it is well-formed."""
        with self._answering.reading() as moment:
            view = View(moment.reader, LiveLinks(tz), zone_named(tz or "UTC"), tz or "UTC")
            return Page.of(PAGES[name](view, of, given))


@contextmanager
def asked_of(machine: Machine) -> Iterator[tuple[Moment, list[tuple[Connection, list[str]]]]]:
    """Open a reader, and note what SQLite is asked, with the connection that was asked it."""
    admission = Admission(machine.home / ".local/state/tetra-es")
    with Answering(OrgLayout(machine.folder), admission).reading() as moment:
        log = moment.reader.log
        assert isinstance(log, ReplicaAsOf)
        found: list[tuple[Connection, list[str]]] = []
        for connection in (moment.reader.views.connection, log.log._connection):
            questions: list[str] = []
            connection.set_trace_callback(questions.append)
            found.append((connection, questions))
        yield moment, found


@dataclass
class Page(HTMLParser):
    """What is in the HTML of a page; `problems` says what is not well-formed."""

    source: str
    text: str = ""
    hrefs: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def main(self) -> str:
        """All text but that of the foot, which says what the page is as of."""
        return self.text.partition("As of")[0]

    @property
    def commands(self) -> list[str]:
        """What the foot says that gives the same on the command line."""
        _, found, rest = self.text.partition("On the command line")
        lines = rest.lstrip().splitlines() if found else []
        return [*takewhile(lambda line: line.startswith("tetra-es "), lines)]

    @classmethod
    def of(cls, source: str) -> Page:
        page = cls(source)
        HTMLParser.__init__(page)
        page.feed(source)
        page.close()
        page.problems += [f"{tag} is not closed" for tag in page.open]
        double = {one for one in page.ids if page.ids.count(one) > 1}
        page.problems += [f"two have the id {one}" for one in sorted(double)]
        assert page.problems == []
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if name in ("href", "src", "action"):
                self.hrefs.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if len({name for name, _ in attrs}) < len(attrs):
            self.problems.append(f"{tag} has an attribute twice")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in _OPTIONAL:
            return
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"{tag} is closed inside of {self.open[-1:]}")
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
