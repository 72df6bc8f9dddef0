"""`edit` and `record`: change files with an editor, and record what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from tetra_es.errors import ConfigError, TetraEsError
from tetra_es_cli.context.candidates import WHERE
from tetra_es_cli.context.editor import open_editor
from tetra_es_cli.context.params import (
    allow_empty_option,
    allow_option,
    reason_option,
    report_option,
)
from tetra_es_cli.context.recording import Recording, recording_options
from tetra_es_cli.context.source_files import one_source_file
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.recorded import emit_recorded, warn_unused

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("words", nargs=-1, metavar="[WHERE]", type=WHERE)
@allow_option
@allow_empty_option
@reason_option
@report_option
@click.pass_obj
def edit(
    app: App,
    words: tuple[str, ...],
    allow: tuple[str, ...],
    allow_empty: bool,
    reason: str,
    output: str,
) -> None:
    """Open a file in $VISUAL or $EDITOR and record what was changed.

    WHERE is local (the default), manifest, or profile ENV. A text that is not valid TOML is not
    recorded; it stays in the file to be fixed, with `edit` or any editor.
    """
    from tetra_es.usecases.config.record import PresentDocument, RecordEdits
    from tetra_es.usecases.config.source_file import SOURCE

    file = one_source_file(words or (SOURCE.kind,))
    if app.no_input:
        raise TetraEsError(
            "edit needs an editor, and --no-input forbids it",
            hint=f"change {app.layout().file(file.path)}, then `tetra-es record`",
        )
    how = Recording(reason, output=output)
    # The lock is not held while somebody thinks: others may record meanwhile.
    bases: dict[str, int] = {}
    template: bytes | None = None
    place = app.layout().file(file.path)
    with app.workspace(how) as workspace:
        try:
            document, revision = workspace.act(PresentDocument(file)).result
            bases = {} if revision is None else {file.path: revision}
            if revision is None:
                template = document.text.encode()
            workspace.files.restore(file.path, document.text.encode())
        except ConfigError as error:  # not recorded before: the editor is where to fix it
            warn(error.message)
    open_editor(place, hint=f"set EDITOR, or change {place} yourself, then `tetra-es record`")
    if template is not None and place.read_bytes() == template:
        place.unlink()  # nobody wrote anything into it
        emit_recorded([], how, nothing="nothing was changed")
        return
    with app.workspace(how, quiet_edits=True) as workspace:
        use_case = RecordEdits(file, allow=allow, allow_empty=allow_empty, bases=bases)
        edits = workspace.act(use_case).edits
    warn_unused(allow, edits)
    emit_recorded(edits, how, nothing="nothing was changed")


@click.command()
@click.argument("words", nargs=-1, metavar="[WHERE]", type=WHERE)
@click.option(
    "--base",
    "bases",
    multiple=True,
    metavar="REVISION",
    help="The revision that a file was typed on, such as local@7; what is newer is merged.",
)
@click.option(
    "--keep",
    type=click.Choice(("mine", "theirs")),
    help="Where an edit and what was recorded meanwhile differ: the file's, or what was recorded.",
)
@allow_option
@allow_empty_option
@recording_options
@click.pass_obj
def record(
    app: App,
    words: tuple[str, ...],
    bases: tuple[str, ...],
    keep: Literal["mine", "theirs"] | None,
    allow: tuple[str, ...],
    allow_empty: bool,
    how: Recording,
) -> None:
    """Record what was changed by hand in local.toml, manifest.toml and the profiles.

    WHERE is local, manifest, or profile ENV; all of them by default. An edit that was typed on an
    older revision is merged with what was recorded since.
    """
    from tetra_es.usecases.config.record import RecordEdits
    from tetra_es.usecases.config.revisions import parse_revision

    file = one_source_file(words) if words else None
    use_case = RecordEdits(
        file,
        allow=allow,
        allow_empty=allow_empty,
        bases={of.path: number for of, number in map(parse_revision, bases)},
        keep=keep,
    )
    with app.workspace(how, quiet_edits=True) as workspace:
        edits = workspace.act(use_case).edits
    warn_unused(allow, edits)
    emit_recorded(edits, how, nothing="nothing was changed by hand")
