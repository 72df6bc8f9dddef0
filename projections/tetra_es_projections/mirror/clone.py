"""Reading the events in a clone of the mirror: what a server has that has no store.

Nothing of git is asked: the maker of the clone could have put anything into it. The chain and the
signatures of the events count, which the reader of these records checks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tetra_es.crypto.ssh.sshsig import dearmor
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.layout import secret_file
from tetra_es.log import canonical
from tetra_es.log.record import Record
from tetra_es_projections.mirror.format1 import event_path
from tetra_es_projections.mirror.listing import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r"[0-9]{8,}\.json", re.ASCII)
_TEXTS = ("stream", "topic", "previous", "hash", "signature")
_HINT = "get a fresh clone, or compare it with another one"


@dataclass(frozen=True)
class Clone:
    """A clone of a mirror: its work tree."""

    root: Path

    def records(self) -> Iterator[Record]:
        """Yield the events, in order.

        Raises `TetraEsError` where there is none, `IntegrityFailure` for another file.
        """
        files = sorted((self.root / "events").glob("*/*/*.json"))
        if not files:
            raise TetraEsError(
                f"{self.root} has no events: it is not a clone of a mirror",
                hint="`git clone URL FOLDER` makes one; URL is what the mirror is pushed to",
            )
        for file in files:
            name = file.relative_to(self.root).as_posix()
            try:
                if not _NAME.fullmatch(file.name):
                    raise ValueError("not the name of an event")
                record = _record(json.loads(read_file(file)))
                if name != event_path(record.position):
                    raise ValueError(f"it is event #{record.position}")
            except (ValueError, TypeError, KeyError, RecursionError, OSError) as error:
                raise IntegrityFailure(f"{name} cannot be read: {error}", hint=_HINT) from error
            yield record

    def ciphertext(self, environment: str, key: str) -> bytes:
        """Return the age file of a secret, which the caller compares with its digest."""
        path = secret_file(environment, key)
        try:
            return read_file(self.root / path)
        except OSError as error:
            raise IntegrityFailure(f"{path}: {error.strerror}", hint=_HINT) from error


def _record(value: dict[str, Any]) -> Record:
    position, version = value["event"], value["version"]
    if not (type(position) is type(version) is int):
        raise ValueError("its numbers are not integers")
    if not all(isinstance(value[name], str) for name in _TEXTS):
        raise ValueError("its texts are not strings")
    return Record(
        position,
        value["stream"],
        version,
        value["topic"],
        canonical.encode(value["state"]),
        bytes.fromhex(value["previous"]),
        bytes.fromhex(value["hash"]),
        dearmor(value["signature"]),
    )
