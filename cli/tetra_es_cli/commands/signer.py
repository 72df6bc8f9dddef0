"""`signer`: who may sign events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.crypto.ssh import keys
from tetra_es.crypto.ssh.allowed import allowed_signers
from tetra_es.errors import TetraEsError
from tetra_es.usecases.signers import AddSigner, RemoveSigner
from tetra_es_cli.context.params import REF, output_option
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.plain import emit, emit_raw, emit_rows
from tetra_es_cli.output.recorded import emit_recorded
from tetra_es_projections.tree import Content

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.group()
def signer() -> None:
    """Manage the keys that sign events."""


@signer.command()
@click.pass_obj
def new(app: App) -> None:
    """Make a signing key for yourself and print its public half, for a signer to add."""
    emit(keys.create(app.settings.signing_key).public_line)


@signer.command("list")
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@output_option("table", "json", "jsonl")
@click.pass_obj
def list_(app: App, ref: object, output: str) -> None:
    """List the signers."""
    rows = [
        {
            "signer": name,
            "fingerprint": keys.fingerprint(keys.parse_public_line(line)),
            "key": line,
        }
        for name, line in sorted(_signers(app, ref).items())
    ]
    emit_rows(rows, output, ("signer", "fingerprint", "key"))


@signer.command()
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@click.pass_obj
def export(app: App, ref: object) -> None:
    """Print the `allowed_signers` file for `ssh-keygen -Y verify`.

    A signature counts if its key was a signer's at that event: with --at, the signers of then.
    """
    emit_raw(allowed_signers(_signers(app, ref)).encode())


@signer.command()
@click.argument("name")
@click.argument("key", metavar="KEY")
@recording_options
@click.pass_obj
def add(app: App, name: str, key: str, how: Recording) -> None:
    """Let NAME sign. KEY is the path of an id_ed25519.pub file, or its line."""
    line = key if key.startswith("ssh-") else _read(Path(key))
    emit_recorded(app.act(AddSigner(name, line), how).recorded, how)


@signer.command()
@click.argument("name")
@recording_options
@click.pass_obj
def rm(app: App, name: str, how: Recording) -> None:
    """Let NAME no longer sign. What NAME signed stays valid."""
    emit_recorded(app.act(RemoveSigner(name), how).recorded, how)


def _signers(app: App, ref: object) -> dict[str, str]:
    with app.reading() as reader:
        last = reader.log.last_position()
        position = last if ref is None else reader.views.position_of(REF.convert(ref, None, None))
        return Content.at(reader.log, position).signers


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="give the path of a .pub file or its line"
        ) from error
