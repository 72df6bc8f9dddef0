"""Edit secrets in an editor, in memory alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es.errors import Refused, TetraEsError
from tetra_es_cli.context.editor import open_editor
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import env_argument, reason_option, report_option
from tetra_es_cli.context.recording import Recording
from tetra_es_cli.output.console import note
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tetra_es.usecases.recorded import Recorded
    from tetra_es_cli.context.app import App


_OURS = "#! tetra-es: "


@click.command()
@env_argument()
@identity_option
@reason_option
@report_option
@click.pass_obj
def edit(app: App, environment: str, given: tuple[Path, ...], reason: str, output: str) -> None:
    """Edit all secrets of ENV in $VISUAL or $EDITOR, in memory alone.

    Only what was changed is recorded. The file is on tmpfs and gone afterwards; what an editor
    writes elsewhere (a swap or backup folder of its own) is for you to turn off. Where something is
    wrong, the editor opens again with what was typed; closing it without a change gives it up.
    """
    from tetra_es.usecases.secrets.edit import SecretsToEdit
    from tetra_es.usecases.secrets.set_secrets import SetSecrets

    if app.no_input:
        raise TetraEsError("edit needs an editor, and --no-input forbids it")
    how = Recording(reason, output=output)
    to_edit = SecretsToEdit(environment, app.layout(), loader(app, given))
    begun = app.act(to_edit, how).result
    seen = dict(begun.versions)

    def record(edited: Mapping[str, bytes]) -> Sequence[Recorded]:
        changed = {key: value for key, value in edited.items() if begun.values.get(key) != value}
        removed = [key for key in begun.values if key not in edited]
        if removed and sys.stdin.isatty() and not _agreed(f"Remove {', '.join(removed)}?"):
            raise TetraEsError(f"not removed: {', '.join(removed)}")
        if not changed and not removed:
            return []
        use_case = SetSecrets(environment, changed, removed, seen=dict(seen))
        try:
            return app.act(use_case, how).recorded
        except Refused:  # who saves it again has read what somebody else changed meanwhile
            seen.update(app.act(to_edit, how).result.versions)
            raise

    recorded = _edited(environment, begun.values, record)
    emit_recorded(recorded, how, nothing="nothing was changed")


def _edited(
    environment: str,
    values: Mapping[str, bytes],
    record: Callable[[Mapping[str, bytes]], Sequence[Recorded]],
) -> Sequence[Recorded]:
    """Have a person edit the values until they are recorded, and return that.

    The text stays in the file as it was typed, below a comment that says what is wrong. It is given
    up where the editor is closed without another change.
    """
    from tetra_es.usecases.secrets.dotenv import read_dotenv
    from tetra_es.usecases.secrets.formats import for_editing
    from tetra_es_cli.context.tmpfs import memory_folder

    with memory_folder() as folder:
        file = folder / f"{environment}.env"
        file.touch(0o600)
        file.write_bytes(for_editing(values, environment))
        while True:
            shown = file.read_bytes()
            open_editor(file)
            typed = _without_comments_of_ours(file.read_bytes())
            try:
                file.write_bytes(typed)
                return record(read_dotenv(file) if typed.strip() else {})
            except TetraEsError as error:
                if typed == _without_comments_of_ours(shown) or not sys.stdin.isatty():
                    raise
                note(error.message)
                if not _agreed("Edit it again?", default=True):
                    raise
                file.write_bytes(_said(error) + typed)


def _said(error: TetraEsError) -> bytes:
    """Return a comment that says what is wrong, for the beginning of the file."""
    text = f"{error.message}. {error.hint}" if error.hint else error.message
    return "".join(f"{_OURS}{line}\n" for line in text.splitlines()).encode()


def _without_comments_of_ours(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    while lines and lines[0].startswith(_OURS.encode()):
        del lines[0]
    return b"".join(lines)


def _agreed(question: str, *, default: bool = False) -> bool:
    return click.confirm(question, default=default, err=True)
