"""Questions about a name that never existed: an error that says which names do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.schema.near import did_you_mean
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.purged import purges_of
from tetra_es_projections.queries.signers import signer_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tetra_es_projections.queries.reader import Reader

_SHOWN = 6
"""Names that are listed of many."""


def check_known(
    reader: Reader, *, file: str | None, actor: str | None, topic: str | None, key: str | None
) -> None:
    """Raise `UsageError` where a question that found nothing names what never was there."""
    if file is not None and file != "manifest":
        require_environment(reader, file.removeprefix("profile "))
    if actor is not None:
        _check_actor(reader, actor)
    if topic is not None:
        _check_type(topic)
    if key is not None:
        _check_key(reader, key, file)


def _check_actor(reader: Reader, actor: str) -> None:
    known = sorted({*reader.views.events.actors(), *(row.signer for row in signer_rows(reader))})
    if actor not in known:
        raise UsageError(
            f"{actor} is not a signer, and never recorded anything",
            hint=f"{did_you_mean(actor, known)}known are {_some(known)}",
        )


def _check_type(topic: str) -> None:
    words = dict.fromkeys(one.partition(".")[0] for one in EVENT_TYPES)
    if topic not in EVENT_TYPES and topic not in words:
        raise UsageError(
            f"no event is of type {topic}",
            hint=f"{did_you_mean(topic, EVENT_TYPES) or did_you_mean(topic, words)}"
            f"a type is one such as environment.promoted, or the first word: {', '.join(words)}",
        )


def _check_key(reader: Reader, key: str, file: str | None) -> None:
    """Raise where no file that is meant ever had the key, nor one below it."""
    names = dict.fromkeys(_names(reader, file))
    known = {before for name in names for before in _and_those_above(name)}
    if key not in known:
        command = ["history", *(file or "").split(), "--changes"]
        if not _is_edited(file):
            command = ["blame", str(file)]
        purges = purges_of(reader, file)
        problem = f"{file} never had the key {key}" if file else f"no file ever had the key {key}"
        if purges:
            one = f"{file} is not" if file else "no file is"
            problem = f"{one} known to have had the key {key}: {purges}"
        raise UsageError(
            problem,
            hint=f"{did_you_mean(key, known)}`tetra-es {' '.join(command)}` lists the keys",
        )


def _is_edited(file: str | None) -> bool:
    """Return whether that is not an environment."""
    return file is None or file == "manifest" or file.startswith("profile ")


def _names(reader: Reader, file: str | None) -> Iterable[str]:
    if file is None:
        return reader.views.keys.names()
    if _is_edited(file):
        return reader.views.keys.names(file)
    files = (file, f"profile {file}", f"secrets {file}")
    return [name for each in files for name in reader.views.keys.names(each)]


def _and_those_above(name: str) -> Iterable[str]:
    """Return a key and the tables and arrays that it is in."""
    ends = [at for at, char in enumerate(name) if char in ".["]
    return [name, *(name[:at] for at in ends if at)]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
