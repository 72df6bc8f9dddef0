"""`why`: what gave a key its value, from the rule back to the edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import KEY, REF, env_argument, report_option
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command("why")
@env_argument()
@click.argument("key", type=KEY, metavar="KEY")
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@report_option
@click.pass_obj
def explain(app: App, environment: str, key: str, ref: Ref | None, output: str) -> None:
    """Explain the value of KEY in ENV: the rule, the edit behind it, and where it runs.

    The rules are those that the promotion carried, so a profile that was changed since does not
    change the answer.
    """
    from tetra_es_cli.output.why import why_report
    from tetra_es_projections.queries.why import explain as find

    with app.reading() as reader:
        emit(why_report(find(reader, environment, key, ref)), output)
