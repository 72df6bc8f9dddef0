"""`bisect`: find the event that made an environment go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import Refused, UsageError
from tetra_es_cli.context.params import REF, env_argument, report_option
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App
    from tetra_es_projections.queries.bisect import Suspects
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.state_table import StateRow

    Judge = Callable[[StateRow], bool | None]

_SAID = {True: "good", False: "bad", None: "skipped"}


@click.command()
@env_argument()
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--run", "runs", is_flag=True, help="Run COMMAND on the states, one after another.")
@click.option("--good", type=REF, metavar="REF", help="A good state.  [default: the first]")
@click.option("--bad", type=REF, metavar="REF", help="A bad state.  [default: the present one]")
@report_option
@click.pass_obj
def bisect(
    app: App,
    environment: str,
    command: tuple[str, ...],
    runs: bool,
    good: Ref | None,
    bad: Ref | None,
    output: str,
) -> None:
    """Find the event that made ENV go wrong, by halving the states between a good and a bad one.

    COMMAND, best after --, gets the TOML of a state on standard input, and as a file that
    $TETRA_ES_STATE names; $TETRA_ES_REF is such as dev@3. It ends with 0 for good, 125 where it
    cannot tell, and 1 to 127 for bad. Nothing is recorded.
    """
    from tetra_es_projections.queries.bisect import Bisection, states_between

    if not runs:
        raise UsageError(
            "--run is missing: COMMAND says which states are good",
            hint=f"such as `tetra-es bisect {environment} --run -- grep -q 4444`",
        )
    with app.reading() as reader:
        states = states_between(reader, environment, good, bad)
    tried: list[tuple[StateRow, bool | None]] = []

    def judge(state: StateRow) -> bool | None:
        tried.append((state, _judged(app, state, command)))
        note(f"{_name(state)} (#{state.position}): {_SAID[tried[-1][1]]}")
        return tried[-1][1]

    _check_ends(states, judge)
    search = Bisection(len(states))
    while (place := search.next()) is not None:
        search.tell(place, good=judge(states[place]))
    emit(_report(app, states, search.suspects(), tried), output)


def _judged(app: App, state: StateRow, command: Sequence[str]) -> bool | None:
    """Return what a command says of a state; of a purged one, nothing can be told."""
    from tetra_es_cli.context.checking import is_good
    from tetra_es_projections.queries.bisect import text_of

    with app.reading() as reader:
        text = text_of(reader, state)
    if text is None:
        return None
    return is_good(command, f"{state.environment}.toml", _name(state), text)


def _check_ends(states: Sequence[StateRow], judge: Judge) -> None:
    """Raise `Refused` where the bad state is not bad, or the good one not good."""
    for state, wanted in ((states[-1], False), (states[0], True)):
        if (found := judge(state)) is not wanted:
            name = _name(state)
            raise Refused(
                f"COMMAND says that {name} is {_SAID[found]}, not {_SAID[wanted]}"
                if found is not None
                else f"COMMAND cannot tell whether {name} is {_SAID[wanted]}",
                hint=f"`tetra-es history {state.environment}` lists the states; --good and --bad "
                "name others",
            )


def _report(
    app: App,
    states: Sequence[StateRow],
    found: Suspects,
    tried: Sequence[tuple[StateRow, bool | None]],
) -> Report:
    with app.reading() as reader:
        rows = {
            place: reader.views.events.find(states[place].position)
            for place in (found.good, *found.bad)
        }
    suspects = [row for place in found.bad if (row := rows[place])]
    value = {
        "environment": states[0].environment,
        "good": _name(states[found.good]),
        "events": [row._asdict() for row in suspects],
        "tried": [
            {"ref": _name(state), "event": state.position, "result": _SAID[said]}
            for state, said in tried
        ],
    }
    return Report(value, _lines(_name(states[found.good]), suspects))


def _lines(good: str, suspects: Sequence[EventRow]) -> Iterator[str]:
    """Yield what was found, for people."""
    if len(suspects) == 1:
        yield f"the first bad state is that of #{suspects[0].event}; {good} is good"
    else:
        yield f"one of these made the first bad state, some could not be judged; {good} is good"
    for row in suspects:
        reason = f": {row.reason}" if row.reason else ""
        yield f"#{row.event} {row.summary} (by {row.actor} at {short_time(row.time)}{reason})"


def _name(state: StateRow) -> str:
    return f"{state.environment}@{state.revision}"
