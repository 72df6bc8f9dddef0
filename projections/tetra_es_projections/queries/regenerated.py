"""Promotions, done again on another source, overlay or manifest than they had."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.layout import environment_file
from tetra_es.log.replica import Purged
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.carried import filled_layers, layers_of
from tetra_es.profiles.generate import apply_rules, as_generated
from tetra_es.profiles.load import effective_profile
from tetra_es.profiles.rules import read_rules
from tetra_es.schema.environment import first_problem
from tetra_es.schema.manifest import read_manifest
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.editor import Editor
from tetra_es_projections.queries.replayed_files import Doubt, Outcome

if TYPE_CHECKING:
    from tetra_es.events.config import EnvironmentPromoted
    from tetra_es.profiles.rules import Rules
    from tetra_es.schema.manifest import Manifest
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.replayed_files import Files

_OLD_RULES = "it does not carry its rules: those of today are taken"
_PURGED_RULES = "its rules were purged: those of today are taken"
_MADE_AGAIN = "its rules are made again, by the shipped profile of today"


class Promotion(NamedTuple):
    """A promotion to do again."""

    position: int
    event: EnvironmentPromoted
    source: int
    """The revision of the source of truth that it would take."""


def promoted_again(reader: Reader, files: Files, promotion: Promotion) -> Outcome | None:
    """Return what a promotion would have made, None for what it made.

    Where it would have been refused, that is what there was before.

    By the rules that it carries. Where the overlay would be another one, that takes the place of
    its layer; where the manifest would be, or the promotion carries no rules, the shipped profile
    is today's.
    """
    position, event, revision = promotion
    name = event.environment
    profile, manifest = _at(reader, f"profile {name}", position), _at(reader, "manifest", position)
    same = not (files.differs(f"profile {name}", profile) or files.differs("manifest", manifest))
    if same and revision == event.source_revision and not files.differs(SOURCE_OF_TRUTH, revision):
        return None
    source = files.replayed(SOURCE_OF_TRUTH, revision)
    if source is None:
        present = files.replayed(name, event.revision - 1)
        return Outcome(present, [Doubt(position, None, "there would be no source to promote")])
    overlay = files.replayed(f"profile {name}", profile) if profile else None
    doubts: list[Doubt] = []
    try:
        layers = _layers(reader, files, event, overlay, manifest)
        label = f"{SOURCE_OF_TRUTH}@{revision}"
        if layers is None:
            doubts.append(Doubt(position, None, _other_rules(reader, event)))
            now = _manifest(files.replayed("manifest", manifest))
            shipped = effective_profile(name, overlay)
            layers = filled_layers(
                shipped.layers, org=now.name, domain=now.domain, environment=name
            )
        editor = Editor(source)
        apply_rules(editor, layers, {})
        made = as_generated(editor, source, name, event.profile, label)
        _check(made, files, event)
    except Purged:
        raise
    except TetraEsError as error:
        what = f"it would have been refused: {error.message}"
        present = files.replayed(name, event.revision - 1)
        return Outcome(present, [*doubts, Doubt(position, None, what)])
    return Outcome(ConfigDocument(environment_file(name), made.text), doubts)


def _other_rules(reader: Reader, event: EnvironmentPromoted) -> str:
    """Return why a promotion is not made by the rules that it carries."""
    digest = bytes.fromhex(event.rules)
    if reader.log.body(digest) is not None:
        return _MADE_AGAIN
    return _PURGED_RULES if reader.log.purge_of(digest) else _OLD_RULES


def _check(made: ConfigDocument, files: Files, event: EnvironmentPromoted) -> None:
    """Raise `ConfigError` where what was made is wrong, and what was recorded was not.

    Rules of today that what was recorded breaks did not stand then.
    """
    if (problem := first_problem(made)) is None:
        return
    recorded = None
    with suppress(Purged):
        recorded = files.recorded(event.environment, event.revision)
    if recorded is None or first_problem(recorded) is None:
        raise made.wrong(problem.path, problem.what, problem.hint)


def _layers(
    reader: Reader,
    files: Files,
    event: EnvironmentPromoted,
    overlay: ConfigDocument | None,
    manifest: int,
) -> tuple[Rules, ...] | None:
    """Return the rules to apply, None where those that the promotion carries do not do."""
    body = reader.log.body(bytes.fromhex(event.rules))
    if body is None:
        return None
    carried = layers_of(json.loads(body))
    now, then = (_manifest(read("manifest", manifest)) for read in (files.replayed, files.recorded))
    if (now.name, now.domain) != (then.name, then.domain):
        return None
    if overlay is None:
        return carried[:1]
    if effective_profile(event.environment, overlay).name != event.profile:
        return None
    own, _ = read_rules(overlay, overlay=True)
    filled = filled_layers([own], org=now.name, domain=now.domain, environment=event.environment)
    return (carried[0], *filled)


def _manifest(document: ConfigDocument | None) -> Manifest:
    return read_manifest(document or ConfigDocument("manifest.toml", ""))


def _at(reader: Reader, file: str, position: int) -> int:
    """Return the revision that a file had at a position, 0 for none."""
    found = reader.views.edited.find(file, position)
    return found.revision if found else 0
