"""Evidence: a ZIP archive that an auditor verifies with Python alone.

The same head, filter and key give the same bytes: nothing in it is compressed, its times are fixed,
and what it says of time is the time of events. docs/format.md lists the files.
"""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zipfile import ZipFile, ZipInfo

from tetra_es import __version__
from tetra_es.crypto.ssh import sshsig
from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.told import told
from tetra_es.integrity.checkpoint import NAMESPACE as OF_CHECKPOINTS
from tetra_es.integrity.checkpoint import Checkpoint
from tetra_es.integrity.extension import origin_at, tree_of
from tetra_es.integrity.signers import terms
from tetra_es.log import canonical
from tetra_es.log.naming import bodies_named
from tetra_es.log.purged import kinds_of
from tetra_es.refs import check_period
from tetra_es_projections.answers.csv_text import csv_text
from tetra_es_projections.evidence import tables
from tetra_es_projections.evidence.readme import readme
from tetra_es_projections.evidence.selection import Filter, Selection, select
from tetra_es_projections.mirror.format1 import event_file, event_path
from tetra_es_projections.queries.environments import require_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    from tetra_es.integrity.merkle import MerkleTree
    from tetra_es.integrity.signers import Signer, Term
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.queries.reader import Reader

NAMESPACE: Final = "tetra-es-evidence"
"""Of the signature over a manifest."""
FORMAT: Final = "tetra-es-evidence/1"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
CHAIN: Final = "chain.jsonl"

_LARGEST: Final = (1 << 31) - 1
"""Bytes of an archive: beyond that, ZIP has other forms."""
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_CIPHERTEXT: Final = "ciphertext"


class Exported(NamedTuple):
    """What an archive has."""

    events: int
    """How many of those that were asked for."""
    context: int
    """How many more, which prove them."""
    head: int
    hash: bytes
    signer: str | None
    purged: int
    """How many bodies are not there, since an event purged them."""
    chain: int
    """How many more have their record there, without texts."""


def write_evidence(
    log: Replica,
    out: IO[bytes],
    wanted: Filter | None = None,
    signer: Signer | None = None,
    *,
    chain: bool = False,
) -> Exported:
    """Write an archive of the events that a filter takes to `out`, which can be sought in.

    With `chain`, it has the record of every other event, too, without texts: then it shows by
    itself that none is missing. Without a signer, checkpoint and manifest are not signed, and the
    verifier says so. Raises `Refused` for an organization of the first edition, `UsageError` for a
    period that ends before it begins, `TetraEsError`.
    """
    if log.state_folder() is None:
        raise Refused(
            "the organization is one of the first edition",
            hint="`tetra-es upgrade` brings it to the rules of this one",
        )
    wanted = wanted or Filter()
    check_period(wanted.since, wanted.until)
    return _Archive(log, out, wanted, signer).written(chain=chain)


@contextmanager
def evidence(
    reader: Reader,
    wanted: Filter | None = None,
    signer: Signer | None = None,
    *,
    chain: bool = False,
) -> Iterator[tuple[IO[bytes], Exported]]:
    """Yield an archive as `write_evidence` writes it, in a file without a name, to be read.

    Raises as that does, and `UsageError` for an environment that never was.
    """
    if wanted is not None and wanted.environment is not None:
        require_environment(reader, wanted.environment)
    with TemporaryFile(prefix="tetra-es-evidence-") as out:
        done = write_evidence(reader.log, out, wanted, signer, chain=chain)
        out.seek(0)
        yield out, done


class _Archive:
    """One archive that is being written, file by file."""

    def __init__(self, log: Replica, out: IO[bytes], wanted: Filter, signer: Signer | None) -> None:
        self._log, self._wanted, self._signer = log, wanted, signer
        self._last = log.last_position()
        self._out, self._zip = out, ZipFile(out, "w")
        self._digests: dict[str, str] = {}
        self._purged: list[dict[str, Any]] = []
        self._times: dict[int, str] = {}

    def written(self, *, chain: bool) -> Exported:
        with self._zip:
            selection = select(self._log, self._last, self._wanted)
            tree = tree_of(self._log, self._last)
            head = self._record(self._last)
            checkpoint = self._checkpoint(tree)
            others = self._others(selection) if chain else []
            page = readme(self._log, selection, self._wanted, checkpoint, len(others))
            self._add("README.txt", page)
            self._add("tetra-es-verify.py", _verifier())
            self._add("checkpoint", checkpoint.note.encode())
            hashes = self._events(selection, tree)
            if others:
                self._stream(CHAIN, map(_chained, map(self._record, others)))
            self._tables(selection, terms(self._log, self._last))
            self._manifest(selection, checkpoint, hashes)
        counts = len(selection.chosen), len(selection.context)
        name = self._signer.name if self._signer else None
        bodies = len({one["digest"] for one in self._purged})  # several events may have one
        return Exported(*counts, self._last, head.hash, name, bodies, len(others))

    def _others(self, selection: Selection) -> list[int]:
        """Return the events that have no file of their own in the archive."""
        there = {*selection.chosen, *selection.context}
        return [one for one in range(1, self._last + 1) if one not in there]

    def _record(self, position: int) -> Record:
        record = self._log.record(position)
        if record is None:
            raise TetraEsError(f"there is no event #{position}")
        return record

    def _checkpoint(self, tree: MerkleTree) -> Checkpoint:
        found = Checkpoint(origin_at(self._log), self._last, tree.root())
        return found.signed(self._signer.key) if self._signer else found

    def _events(self, selection: Selection, tree: MerkleTree) -> dict[int, str]:
        """Write the events with their bodies and proofs; return their hashes by position."""
        hashes: dict[int, str] = {}
        for position in sorted([*selection.chosen, *selection.context]):
            record = self._record(position)
            hashes[position] = record.hash.hex()
            self._add(event_path(position), event_file(record))
            self._bodies(record)
        proofs = (_proof(tree, position, hash_) for position, hash_ in hashes.items())
        self._stream("proofs.jsonl", proofs)
        return hashes

    def _bodies(self, record: Record) -> None:
        """Write what an event names, but for ciphertexts: nobody can read them without a key."""
        state = canonical.decode(record.state)
        self._times[record.position] = told(state).time
        is_void = self._log.void(record.position) is not None
        inline = None if is_void else state.get("text")
        if isinstance(inline, str) and "rules" not in state["metadata"]:
            self._add(self._text_path(record, state), inline.encode())
        for kind, digest in kinds_of(record, bodies_named(record)).items():
            if kind == _CIPHERTEXT:
                continue
            body = self._log.body(digest)
            if body is None:
                self._say_purged(record.position, kind, digest)
            elif kind == "text" and not is_void:
                self._add(self._text_path(record, state), body)
            else:
                self._add(f"bodies/{digest.hex()}", body)

    def _say_purged(self, position: int, kind: str, digest: bytes) -> None:
        purge = self._log.what_purged(digest, position)
        by = purge.event if purge else None
        self._purged.append({"event": position, "kind": kind, "digest": digest.hex(), "by": by})

    def _text_path(self, record: Record, state: dict[str, Any]) -> str:
        """Return where the text of a valid event is, so that people find it by its name."""
        revision = state.get("revision", 1)
        kind, _, environment = tables.file_of(record.topic, state).partition(" ")
        if environment:
            return f"toml/profiles/{environment}@{revision}.toml"
        folder = "toml" if kind == "manifest" else "toml/environments"
        return f"{folder}/{kind}@{revision}.toml"

    def _tables(self, selection: Selection, signers: list[Term]) -> None:
        keys = {one.signer: one.key for one in signers if one.until is None}
        allowed = f'namespaces="{sshsig.NAMESPACE},{NAMESPACE},{OF_CHECKPOINTS}"'
        lines = (f"{name} {allowed} {key}\n" for name, key in sorted(keys.items()))
        self._add("allowed_signers", "".join(lines).encode())
        rows = tables.signer_rows(signers, self._times)
        self._add("signers.csv", csv_text(rows, tables.SIGNERS).encode())
        log = self._log
        records = map(self._record, sorted([*selection.chosen, *selection.context]))
        readers = tables.reader_rows(log, records, {*selection.chosen})
        self._add("readers.csv", csv_text(readers, tables.READERS).encode())
        events = (
            tables.event_row(log, record) | {"effective": selection.counts[record.position]}
            for record in self._chosen(selection)
        )
        self._add("events.csv", csv_text(events, tables.EVENTS).encode())
        changes = (
            row for record in self._chosen(selection) for row in tables.change_rows(log, record)
        )
        self._add("changes.csv", csv_text(changes, tables.CHANGES).encode())

    def _chosen(self, selection: Selection) -> Iterator[Record]:
        return map(self._record, selection.chosen)

    def _manifest(
        self, selection: Selection, checkpoint: Checkpoint, hashes: dict[int, str]
    ) -> None:
        head, log = self._record(self._last), self._log
        value = {
            "format": FORMAT,
            "organization": checkpoint.origin.split("/")[1],
            "origin": checkpoint.origin,
            "head": {"position": self._last, "hash": head.hash.hex()},
            "root": checkpoint.root.hex(),
            "filter": self._wanted._asdict(),
            "order": "position",
            "count": len(selection.chosen),
            "events": [[position, hashes[position]] for position in selection.chosen],
            "context": [[position, hashes[position]] for position in selection.context],
            "streams": dict(_last_of(selection.streams, self._record)),
            "effective": [[position, time] for position, time in selection.effective.items()],
            "void": [one for one in range(1, self._last + 1) if log.void(one) is not None],
            "purged": self._purged,
            "signer": self._signer.name if self._signer else None,
            "key": fingerprint(self._signer.key.blob) if self._signer else None,
            "tetra_es": __version__,
            "files": self._digests.copy(),
        }
        data = canonical.encode(value)
        self._add(MANIFEST, data)
        if self._signer:
            signature = sshsig.sign(data, self._signer.key, namespace=NAMESPACE)
            self._add(SIGNATURE, sshsig.armor(signature).encode())

    def _add(self, name: str, data: bytes) -> None:
        if name not in self._digests:  # else it is a body that several events name
            self._stream(name, [data])

    def _stream(self, name: str, parts: Iterable[bytes]) -> None:
        """Write a file whose parts need not be in memory at once."""
        entry = ZipInfo(name, _TIME)
        entry.create_system = 3
        entry.external_attr = _MODE
        digest = sha256()
        with self._zip.open(entry, "w") as out:
            for part in parts:
                digest.update(part)
                out.write(part)
                if self._out.tell() > _LARGEST:
                    raise Refused(
                        "the archive would be larger than 2 GiB",
                        hint="take the events of a shorter time, with --since and --until",
                    )
        self._digests[name] = digest.hexdigest()


def _last_of(
    streams: dict[str, int], record: Callable[[int], Record]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each stream with the number, position and hash of its last event."""
    for stream, position in streams.items():
        last = record(position)
        one = {"version": last.version, "position": position, "hash": last.hash.hex()}
        yield stream, one


def _proof(tree: MerkleTree, position: int, hash_: str) -> bytes:
    """Return the line that proves that an event is in the tree."""
    proof = [one.hex() for one in tree.inclusion(position - 1)]
    value = {"event": position, "hash": hash_, "size": tree.size, "proof": proof}
    return f"{json.dumps(value)}\n".encode()


def _chained(record: Record) -> bytes:
    """Return the line of an event in the chain: what its hash is over, and its signature."""
    value = {
        "event": record.position,
        "stream": record.stream,
        "version": record.version,
        "topic": record.topic,
        "state": canonical.decode(record.state),
        "signature": b64encode(record.signature).decode(),
    }
    return canonical.encode(value) + b"\n"


def _verifier() -> bytes:
    """Return the program that verifies archives. It is copied, never imported."""
    found = find_spec("tetra_es_verify")
    if found is None or found.origin is None:
        raise TetraEsError(
            "tetra_es_verify.py is not installed", hint="install tetra-es again: it is a part of it"
        )
    return Path(found.origin).read_bytes()
