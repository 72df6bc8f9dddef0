"""Warn of what is most likely a slip and nothing refuses: own keys pass, and so do rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.misspelled import meant_by, misspelled
from tetra_es.toml.keys import format_key
from tetra_es.toml.redact import printable

if TYPE_CHECKING:
    from tetra_es.profiles.rules import Profile
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath
    from tetra_es.usecases.unit_of_work import UnitOfWork


def warn_of_misspelled(
    work: UnitOfWork, document: ConfigDocument, before: ConfigDocument | None
) -> None:
    """Warn of near misses of known keys in an environment that `before` does not have."""
    for path, meant in misspelled(document.values, before.values if before else {}):
        _warn(work, document, document.line_of(path), format_key(path), meant)


def warn_of_misspelled_rules(
    work: UnitOfWork, overlay: ConfigDocument, before: ConfigDocument | None
) -> None:
    """Warn of near misses in what an overlay sets and `before` does not."""
    from tetra_es.profiles.rules import format_pattern, read_rules, rule_for

    old = {path for path, _ in read_rules(before, overlay=True)[0].set} if before else set()
    for path, _ in read_rules(overlay, overlay=True)[0].set:
        if path not in old and (meant := meant_by(path)):
            key = format_pattern(path)
            rule = rule_for(overlay, path)
            line = overlay.line_of(rule.key) if rule else None
            _warn(work, overlay, line, key, meant)


def warn_of_unmatched_rules(
    work: UnitOfWork,
    overlay: ConfigDocument | None,
    profile: Profile,
    before: ConfigDocument | None = None,
    *,
    source: tuple[int, ConfigDocument] | None = None,
) -> None:
    """Warn of rules of an overlay that change nothing and that `before` does not have.

    `source` is the revision of the source of truth that they are for, by default the present one.
    """
    if overlay is None:
        return
    from tetra_es.profiles.unmatched import rules_of, unmatched_rules

    present = work.environment(SOURCE_OF_TRUTH)
    revision, document = source or (present.revision, present.document)
    old = rules_of(before) if before else set()
    for table, pattern, line in unmatched_rules(overlay, profile, document.values):
        if (table, pattern) not in old:
            where = f"{SOURCE_OF_TRUTH}@{revision}"
            rule = f"{table} {format_key(pattern)}".replace('"*"', "*")
            work.warn(printable(f"{overlay.path}:{line}: {rule}: matches nothing in {where}"))


def _warn(
    work: UnitOfWork, document: ConfigDocument, line: int | None, key: str, meant: KeyPath
) -> None:
    place = f"{document.path}:{line}" if line else document.path
    work.warn(printable(f"{place}: {key} is not a known key; did you mean {meant[-1]}?"))
