"""A text as it is or was, and who gave each line of it when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.names import check_environment
from tetra_es_projections.queries.annotated import annotated_lines
from tetra_es_projections.queries.hosts import hosts_at
from tetra_es_projections.queries.purged import purges_of
from tetra_es_projections.queries.refs import moment_of, position_of
from tetra_es_projections.queries.secrets import secrets_at_position
from tetra_es_projections.queries.states import text_at
from tetra_es_projections.queries.tables.host_table import Moment
from tetra_es_web.links import address
from tetra_es_web.pages.event import shortened
from tetra_es_web.pages.parts import broken_weight, fitting, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.stateless import is_stateless, stateless
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es_projections.queries.annotated import AnnotatedLine
    from tetra_es_projections.queries.tables.key_table import BlameRow
    from tetra_es_web.pages.view import View


_SECRETS = 200
"""Names of secrets on the page of an environment."""
_TEXT, _NAMES = 48_000, 24_000
"""Bytes of a page that a text may have, and the names of secrets beside it."""


class Line(NamedTuple):
    """A line of the text."""

    number: int
    text: str
    kind: str
    """`head` and `comment` are drawn in their own way."""
    key: str | None
    origin: BlameRow | None
    new: bool
    """Whether its event is another one than that of the line before."""


def environment(view: View, of: str, given: Mapping[str, str]) -> str:
    """Return an environment, now or at a REF. Raises `UsageError` for another file."""
    check_environment(of)
    at = given.get("at", "").strip()
    if is_stateless(view, of, at):
        return stateless(view, of, at)
    return _page(view, of, ("environment", of), given)


def manifest(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return the manifest, now or at a REF."""
    return _page(view, "manifest", ("manifest", ""), given)


def profile(view: View, of: str, given: Mapping[str, str]) -> str:
    """Return the overlay of an environment, now or at a REF."""
    return _page(view, f"profile {of}", ("profile", of), given)


def _page(view: View, file: str, here: tuple[str, str], given: Mapping[str, str]) -> str:
    reader = view.reader
    ref = view.ref(given.get("at"))
    table = reader.views.revisions_of(file)
    lines = list(_lines(annotated_lines(reader, file, ref)))
    position = view.whole.newest.event if ref is None else position_of(reader.views, ref, file)
    state = table.find(file, position)
    if state is None:  # `annotated_lines` has found one
        raise AssertionError(file)
    revision = f"{file}@{state.revision}"
    is_environment = here[0] == "environment"
    unsure = any(line.origin is not None and line.origin.one_of for line in lines)
    ends = position
    if is_environment and ref is not None:
        ends = moment_of(reader.views, ref, file)
    part = part_of(lines, number(given, "part"), _weigh, _TEXT)
    newest = table.find(file)
    secrets = sorted(secrets_at_position(reader, file, ends).items()) if is_environment else []
    named = min(fitting(secrets, _weigh_secret, _NAMES), _SECRETS)
    there = hosts_at(reader, Moment(ends, None)) if is_environment else []
    return render(
        "environment.html",
        view,
        title=file if ref is None else f"{file} at {given['at'].strip()}",
        here=address(*here, at=ends, part=given.get("part")),
        json=view.links.json(f"blame/{file}", at=ends),
        command=command("show", *file.split(" "), "--at", ends),
        asked=(("at", given.get("at", "")),),
        file=file,
        overlay=is_environment and reader.views.edited.find(f"profile {file}") is not None,
        here_=here,
        is_environment=is_environment,
        state=state,
        revision=revision,
        made=reader.views.events.find(state.position),
        at=given.get("at", "").strip(),
        newest=newest,
        part=part,
        purges=purges_of(reader, file) if unsure else "",
        address=lambda n: view.links.to(*here, at=f"{file}@{n}"),
        secrets=secrets[:named],
        more_secrets=len(secrets[named:]),
        hosts=[row for row in there if row.environment == file],
        size=len(text_at(reader, file, ref).encode()),
    )


def _lines(annotated: list[AnnotatedLine]) -> Iterator[Line]:
    last: object = None
    for at, line in enumerate(annotated, 1):
        event = (line.origin.event, *line.origin.one_of) if line.origin else None
        bare = line.text.lstrip()
        kind = "head" if bare.startswith("[") and line.origin is None else ""
        kind = "comment" if bare.startswith("#") and line.origin is None else kind
        yield Line(
            at,
            shortened(line.text),
            kind,
            line.key,
            line.origin,
            event is not None and event != last,
        )
        last = event if event is not None else last if not bare else None


def _weigh(line: Line) -> int:
    return 320 + weight(line.text, most=2_100) + (400 if line.new else 0)


def _weigh_secret(secret: tuple[str, int]) -> int:
    return 40 + broken_weight(secret[0])
