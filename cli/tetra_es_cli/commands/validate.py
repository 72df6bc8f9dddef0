"""`validate`: everything that is wrong with edited files; nothing is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.usecases.config.validate import Found
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("path", required=False, metavar="[FILE]", type=FilePath(dir_okay=False))
@report_option
@click.pass_obj
def validate(app: App, path: Path | None, output: str) -> None:
    """List all that is wrong with the edited files, with file, line and key; record nothing.

    Without FILE: manifest.toml, local.toml and the profiles as they are on disk, and what promoting
    would make of them. FILE is one TOML file, in any folder: manifest.toml and what is in a folder
    profiles/ are read as such, any other as an environment.

    Exit 1 where something is wrong. What looks like a slip is a warning.
    """
    found = _in_file(path) if path else _in_organization(app)
    rows = [one._asdict() for one in found]
    lines = [line for one in found for line in _lines(one)]
    emit(Report(rows, lines or ["nothing is wrong"]), output)
    errors = [one for one in found if one.severity == "error"]
    if errors:
        files = {one.file for one in errors}
        many = f"{len(errors)} problems" if errors[1:] else "1 problem"
        raise TetraEsError(f"{many} in {', '.join(sorted(files))}")


def _in_organization(app: App) -> list[Found]:
    from tetra_es.usecases.config.validate import validate_organization
    from tetra_es_projections.queries.edited import edited_files

    with app.reading() as reader:
        files = edited_files(reader)
    return validate_organization(*files)


def _in_file(path: Path) -> list[Found]:
    from tetra_es.usecases.config.validate import validate_file

    return validate_file(path)


def _lines(found: Found) -> list[str]:
    return [found.text, *([f"  {found.hint}"] if found.hint else [])]
