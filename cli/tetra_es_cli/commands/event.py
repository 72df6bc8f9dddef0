"""`event`: one event, whole, with its proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.crypto.ssh import sshsig
from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.errors import TetraEsError, UsageError
from tetra_es.store import canonical, chain
from tetra_es_cli.context.params import REF, output_option
from tetra_es_cli.output.plain import emit, emit_json, emit_raw
from tetra_es_cli.output.recorded_events import emit_changes
from tetra_es_cli.output.table import printable
from tetra_es_projections.descriptions import summary

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es.store.record import Record
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("ref", type=REF, metavar="REF")
@click.option("--signed-bytes", is_flag=True, help="Print only the bytes that were signed.")
@click.option("--signature", is_flag=True, help="Print only the signature, armored.")
@output_option("text", "json")
@click.pass_obj
def event(app: App, ref: Ref, signed_bytes: bool, signature: bool, output: str) -> None:
    """Show one event: what it holds, its hash, its signature and its commit in the mirror.

    --signed-bytes and --signature print what `ssh-keygen -Y verify -n tetra-es-event` takes.
    """
    if signed_bytes and signature:
        raise UsageError("--signed-bytes or --signature, not both")
    with app.reading() as reader:
        position = reader.views.position_of(ref)
        record = reader.log.record(position)
        commit = reader.views.commit(position)
    if record is None:
        raise TetraEsError(f"there is no event #{position}")
    if signed_bytes:
        emit_raw(chain.signed_bytes(record.hash))
    elif signature:
        emit_raw(sshsig.armor(record.signature).encode())
    elif output == "json":
        emit_json(_as_json(record, commit))
    else:
        _text(record, commit)


def _as_json(record: Record, commit: str | None) -> dict[str, object]:
    return {
        "event": record.position,
        "stream": record.stream,
        "version": record.version,
        "topic": record.topic,
        "state": canonical.decode(record.state),
        "previous": record.previous.hex(),
        "hash": record.hash.hex(),
        "signature": sshsig.armor(record.signature),
        "key": fingerprint(sshsig.public_key_of(record.signature)),
        "commit": commit,
    }


def _text(record: Record, commit: str | None) -> None:
    event = record.event
    metadata = event.metadata
    emit(f"event #{record.position}  {summary(event)}")
    rows = {
        "type": record.topic,
        "stream": f"{record.stream}, version {record.version}",
        "time": event.timestamp,
        "actor": metadata["actor"],
        "reason": metadata["reason"],
        "tool": metadata["tool"],
        "correlation": metadata["correlation"],
        "previous": record.previous.hex(),
        "hash": record.hash.hex(),
        "signed by": fingerprint(sshsig.public_key_of(record.signature)),
        "commit": commit,
    }
    shown = set(metadata) - {"actor", "reason", "tool", "correlation", "format"}
    rows |= {name: metadata[name] for name in sorted(shown)}
    for name, value in rows.items():
        emit(f"  {name:12} {printable(value)}")
    if changes := getattr(event, "changes", None):
        emit("changes")
        emit_changes(changes)
