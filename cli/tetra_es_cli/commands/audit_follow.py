"""`audit follow`: a line for each event, for a SIEM."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.params import ENVIRONMENT
from tetra_es_cli.output.emit import write_raw
from tetra_es_cli.output.formats import encoded

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


class _Cursor(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """A position, or a position and the hash of the event that is there."""

    name = "cursor"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str | None]:
        """Return position and hash."""
        text = str(value).strip()
        if ":" in text:
            from tetra_es.admission import parse_place  # the help does without

            position, hash_ = parse_place(text)
            return position, hash_.hex()
        if not _POSITION.fullmatch(text):
            raise UsageError(
                f"{text!r} is not a position or a cursor",
                hint="such as 41, or POSITION:HASH as the field cursor of a line has it",
            )
        return int(text.removeprefix("#")), None


_POSITION = re.compile(r"#?[0-9]{1,15}", re.ASCII)


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Choice(["jsonl", "ocsf", "cef"]),
    default="jsonl",
    show_default=True,
    help="How to print.",
)
@click.option(
    "--after",
    type=_Cursor(),
    default="0",
    show_default=True,
    metavar="CURSOR",
    help="Begin after this event, the last one that you have: its position, or better its cursor, "
    "POSITION:HASH, as each line has it.",
)
@click.option(
    "--env",
    "environment",
    type=ENVIRONMENT,
    metavar="ENV",
    help="Only the events that concern ENV.",
)
@click.option("--changes", is_flag=True, help="With what each event changed, by key.")
@click.option("--no-wait", is_flag=True, help="End with the newest event.")
@click.pass_obj
def follow(
    app: App,
    output: str,
    after: tuple[int, str | None],
    environment: str | None,
    changes: bool,
    no_wait: bool,
) -> None:
    """Print a line for each event, and for each new one as it is recorded, until stopped.

    For a SIEM or another program that keeps what it has: the hash of an event is its id, and
    `cursor` of the last line what to go on after. Where another event has taken its place, as after
    a restored backup or `pull --rerecord`, and where the next one is refused, it ends with 4.
    Nobody who records waits for the reader, however slow it is. Where the organization is shared,
    events come when this machine takes them over, as with `tetra-es pull`.
    """
    from tetra_es_projections.evidence.following import followed
    from tetra_es_projections.evidence.siem import FORMATS

    line = FORMATS[output]
    if environment is not None:
        _check_that_it_is_there(app, environment)
    with app.founded() as layout:
        found = followed(
            *(layout, app.admission, *after),
            environment=environment,
            changes=changes,
            wait=not no_wait,
        )
        for name, rows in found:
            if rows:
                write_raw(encoded("".join(f"{line(row, name)}\n" for row in rows)))
            elif _nobody_reads():
                return


def _check_that_it_is_there(app: App, environment: str) -> None:
    """Refuse the name that no environment ever had: nothing would come, and nothing say why."""
    from tetra_es_projections.queries.environments import require_environment

    with app.reading() as reader:
        require_environment(reader, environment)


def _nobody_reads() -> bool:
    """Return whether the reader of standard output is gone, which only writing tells otherwise."""
    import select

    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
        return bool(poll.poll(0))
    except OSError:  # it is not a file
        return False
