"""`history`: the events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es_cli import answers
from tetra_es_cli.context.candidates import ACTOR, LOOKED_AT, TYPE
from tetra_es_cli.context.params import KEY, SINCE, UNTIL, listing_option
from tetra_es_cli.context.source_files import one_file
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit, write_raw
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_projections.queries.history import HistoryQuery


@click.command()
@click.argument("words", nargs=-1, metavar="[WHERE]", type=LOOKED_AT)
@click.option("--key", type=KEY, help="Only what changed this key or one below it, by key.")
@click.option(
    "--actor",
    type=ACTOR,
    metavar="NAME",
    help="Only events of this signer, by name or fingerprint.",
)
@click.option(
    "--type",
    "topic",
    type=TYPE,
    metavar="TYPE",
    help="Only events of this type, such as environment.promoted.",
)
@click.option("--since", type=SINCE, metavar="TIME", help="Not before it: a date, a time, 2h, 3d.")
@click.option("--until", type=UNTIL, metavar="TIME", help="Not after the end of it.")
@click.option("--grep", metavar="PATTERN", help="Only where reason or summary match PATTERN.")
@click.option("-n", "--number", type=click.IntRange(min=1), help="Only the newest N.", metavar="N")
@click.option(
    "--before", type=click.IntRange(min=1), metavar="N", help="Only events before event N."
)
@click.option("--after", type=click.IntRange(min=1), metavar="N", help="Only events after event N.")
@click.option("--reverse", is_flag=True, help="The oldest first.")
@click.option("--changes", is_flag=True, help="A row for each key that changed, with its values.")
@click.option("--graph", is_flag=True, help="Draw a lane for each environment, and promotions.")
@click.option("--svg", metavar="FILE", help="With --graph: write a picture to FILE, - for here.")
@click.option("--steps", is_flag=True, help="Show the steps of each deployment below it.")
@listing_option
@click.pass_obj
def history(
    app: App,
    /,
    words: tuple[str, ...],
    output: str,
    number: int | None,
    graph: bool,
    svg: str | None,
    **more: Any,
) -> None:
    """List the events, newest first; those that concern WHERE where it is given.

    WHERE is an environment, manifest, or profile ENV. PATTERN is a regular expression, in which
    upper and lower case are the same. --graph reads as `git log --graph` does: a promotion has an
    edge to the environment that it was taken from.
    """
    from tetra_es_projections.queries.history import HistoryQuery

    query = HistoryQuery(file=one_file(words) if words else None, limit=number, **more)
    query = query._replace(written=output == "table")
    if graph or svg is not None:
        _check_graph(query, output, graph=graph)
        _draw(app, query, svg)
        return
    with app.reading() as reader:
        found = answers.history(reader, query)
    emit(found, output)


def _check_graph(query: HistoryQuery, output: str, *, graph: bool) -> None:
    """Refuse what a graph is not drawn with."""
    given = {"--changes": query.changes, "--steps": query.steps, "--reverse": query.reverse}
    others = [option for option, wanted in given.items() if wanted]
    others += [f"-o {output}"] * (output != "table")
    if not graph:
        raise UsageError("--svg is for --graph", hint="add --graph")
    if others:
        raise UsageError(
            f"--graph goes without {' and '.join(others)}", hint="leave out the one or the other"
        )


def _draw(app: App, query: HistoryQuery, svg: str | None) -> None:
    from tetra_es_cli.output.graph import graph_lines
    from tetra_es_cli.output.picture import picture
    from tetra_es_projections.queries.graph import history_graph

    with app.reading() as reader:
        found, organization = history_graph(reader, query), reader.layout.root.name
    if svg is None:
        emit(Report(None, graph_lines(found)), "text")
        if not found.nodes:
            note("no such events")
        return
    data = picture(found, organization).encode()
    if svg == "-":
        write_raw(data)
        return
    try:
        Path(svg).write_bytes(data)
    except OSError as error:
        raise TetraEsError(
            f"cannot write {svg}: {error.strerror}", hint="check the path and its permissions"
        ) from error
    emit(Report(None, [f"wrote {svg}"]), "text")
