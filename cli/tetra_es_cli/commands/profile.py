"""`profile`: what an environment's profile does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es.layout import profile_file
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.generate import describe
from tetra_es.profiles.load import builtin_names, effective_profile
from tetra_es_cli.context.params import env_argument, output_option
from tetra_es_cli.output.plain import emit, emit_json, emit_rows
from tetra_es_projections.queries.environments import known_environments

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.group()
def profile() -> None:
    """Look at profiles; `edit profile ENV` and `set profile ENV` change them."""


@profile.command()
@env_argument()
@output_option("table", "json")
@click.pass_obj
def show(app: App, environment: str, output: str) -> None:
    """Show the rules that generate ENV: the built-in profile's and the organization's."""
    with app.reading() as reader:
        known = known_environments(reader)
        overlay = reader.views.newest_of_file(f"profile {environment}")
        text = reader.log.state_text(overlay) if overlay else None
    if environment not in known or environment == SOURCE_OF_TRUTH:
        raise UsageError(
            f"no environment {environment} that is generated",
            hint=f"there are {', '.join(known[1:])}",
        )
    effective = effective_profile(environment, text)
    rows = [{"rule": rule, "key": key, "value": value} for rule, key, value in describe(effective)]
    if output == "json":
        emit_json({"profile": effective.name, "digest": effective.digest, "rules": rows})
        return
    emit(f"profile {effective.name}, digest {effective.digest}")
    emit(f"overlay {profile_file(environment) if text else 'none'}")
    emit_rows(rows, output, ("rule", "key", "value"))


@profile.command("list")
def list_() -> None:
    """List the built-in profiles."""
    for name in builtin_names():
        emit(name)
