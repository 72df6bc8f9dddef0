"""Why a key of an environment has its value: the rule, the edit behind it, what deployed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.events.config import EnvironmentPromoted, EnvironmentRolledBack
from tetra_es.layout import environment_file, profile_file
from tetra_es.log.replica import Purged
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.deciding import Deciding, deciding
from tetra_es.profiles.load import builtin_names, effective_profile
from tetra_es.profiles.rules import format_pattern, parse_pattern
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.keys import format_key, parse_element_key, quote
from tetra_es.toml.taken_back import is_at
from tetra_es.toml.written import remembering
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.hosts import hosts_at, moment_of_ref
from tetra_es_projections.queries.refs import position_of
from tetra_es_projections.queries.tables.key_table import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.events.base import Event
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.state_table import StateRow


class RuleOf(NamedTuple):
    """A rule that had a say in the value."""

    place: str
    """`profile NAME` for the shipped one, else the overlay's file."""
    own: bool
    """Whether it is the overlay's."""
    kind: str
    """`set` or `append`."""
    key: str
    value: str
    edited: EventRow | None
    """The event that wrote it in the overlay, or the domain that it has in the manifest; None for
    one that is shipped as it is, and where a purge took what would tell."""


class Made(NamedTuple):
    """How a promotion made the value."""

    by: EventRow
    """The promotion."""
    source: str
    """The state of the source of truth that was promoted, such as `local@4`."""
    value: str | None
    """What the key is in it, None where it lacks the key, or was purged."""
    purged: bool
    """Whether the source's text was purged."""
    rules: list[RuleOf]
    """What changed that value, in order; none where it was taken as it is."""


class Running(NamedTuple):
    """A host that has a state of the environment."""

    host: str
    state: str
    """Such as `dev@8`."""
    value: str | None
    """What the key is there, None where that state lacks it, or was purged."""
    purged: bool
    """Whether it is not known, since that state was purged."""
    since: str | None
    actor: str | None
    event: int | None
    """The event with which it was deployed."""
    reason: str | None


class Why(NamedTuple):
    """Where the value of a key comes from."""

    environment: str
    key: str
    value: str
    """As TOML."""
    state: str
    """The state that has it, such as `dev@8`."""
    brought_back: list[EventRow]
    """The rollbacks that brought the value back, newest first."""
    made: Made | None
    """How a promotion made it; None where none did, as in `local`."""
    edited: EventRow | None
    """The event that gave the value where it was taken from, the source of truth or the overlay;
    None where it is the shipped profile's, and where it is one of several."""
    one_of: list[EventRow]
    """The events one of which gave it there, where a purge took what they changed; oldest first."""
    purged: int | None
    """The event that purged it."""
    running: list[Running]


def explain(reader: Reader, environment: str, key: str, ref: Ref | None = None) -> Why:
    """Return why a key of an environment has its value, now or at a REF.

    Raises `UsageError` for an unknown environment, `TetraEsError` where there is no such value.
    """
    require_environment(reader, environment)
    at = None if ref is None else position_of(reader.views, ref, environment)
    state = _state(reader, environment, at)
    value = _value(reader, state, key)
    events = list(_back_to_its_origin(reader, state, key))
    origin, event = events[-1]
    made: Made | None = None
    edited = reader.views.keys.origin_of(environment, key, origin)
    if isinstance(event, EnvironmentPromoted):
        made, edited = _made(reader, event, origin, _document(reader, state), key)
    return Why(
        environment=environment,
        key=key,
        value=value,
        state=f"{environment}@{state.revision}",
        brought_back=[_row(reader, position) for position, _ in events[:-1]],
        made=made,
        edited=None if edited.event is None else _row(reader, edited.event),
        one_of=[_row(reader, position) for position in edited.one_of],
        purged=edited.purged,
        running=list(_running(reader, environment, key, ref)),
    )


def _state(reader: Reader, environment: str, position: int | None) -> StateRow:
    state = reader.views.states.find(environment, position)
    if state is None:
        raise TetraEsError(
            f"{environment} has no state" + (" yet" if position is None else " there"),
            hint=f"`tetra-es history {environment}` lists its states",
        )
    return state


def _value(reader: Reader, state: StateRow, key: str) -> str:
    values = _values(reader, state)
    if key in values:
        return values[key]
    name = state.environment
    if any(other.startswith((f"{key}.", f"{key}[")) for other in values):
        raise TetraEsError(
            f"{key} is a table in {name}, not a value",
            hint=f"`tetra-es blame {name} {key}` lists them",
        )
    raise TetraEsError(f"{name} has no key {key}", hint=f"`tetra-es blame {name}` lists its keys")


def _document(reader: Reader, state: StateRow) -> ConfigDocument:
    text = reader.log.state_text(state.position)
    if text is None:
        raise IntegrityFailure(
            f"event #{state.position} is not in the store", hint="run `tetra-es verify`"
        )
    return ConfigDocument(environment_file(state.environment), text)


def _values(reader: Reader, state: StateRow) -> dict[str, str]:
    """Return key to literal of all values of a state, which remember how they were written."""
    document = _document(reader, state)
    return {key: remembering(document, key, literal) for key, literal in document.keys.items()}


def _back_to_its_origin(reader: Reader, state: StateRow, key: str) -> Iterator[tuple[int, Event]]:
    """Yield the rollbacks that brought a value back, newest first, and the event that made it."""
    position = state.position
    while True:
        record = reader.log.record(position)
        if record is None:
            raise IntegrityFailure(
                f"event #{position} is not in the store", hint="run `tetra-es verify`"
            )
        event = reader.log.event(record)
        if not isinstance(event, EnvironmentRolledBack):
            yield position, event
            return
        if event.paths is None or is_at(key, event.paths):
            yield position, event
            position = event.to_position
        else:  # it brought other keys back
            position = _state(reader, state.environment, position - 1).position


def _made(
    reader: Reader, event: EnvironmentPromoted, position: int, document: ConfigDocument, key: str
) -> tuple[Made, Origin]:
    """Return how a promotion made a value, and the edit behind it."""
    found = reader.views.states.position_of_revision(SOURCE_OF_TRUTH, event.source_revision)
    source = _state(reader, SOURCE_OF_TRUTH, found)
    had, purged = _known(reader, source, key)
    rules = _rules(reader, event, position, document, key)
    if rules is None:
        rules = [] if had == document.keys[key] else [_unknown(event, document, key)]
    name = f"{SOURCE_OF_TRUTH}@{source.revision}"
    made = Made(_row(reader, position), name, had, purged, rules)
    keys = reader.views.keys
    if not rules or rules[0].kind != "set":
        return made, keys.origin_of(SOURCE_OF_TRUTH, key, source.position)
    if not rules[0].own:
        return made, Origin(None)
    return made, _origin_of_rule(reader, event, position, rules[0].kind, rules[0].key, key)


def _origin_of_rule(
    reader: Reader, event: EnvironmentPromoted, position: int, kind: str, pattern: str, key: str
) -> Origin:
    """Return the edit of the overlay that wrote a rule which a promotion carried."""
    below = key[len(format_key(parse_element_key(key)[: len(parse_pattern(pattern))])) :]
    # One key, or one in a table; of an array of tables, each key of these.
    written = [f"{kind}.{quote(pattern)}", f"{kind}.{pattern}"]
    more = (below,) if kind == "set" else ("", ".text", ".unless_false")
    keys, overlay = reader.views.keys, f"profile {event.environment}"
    origins = (
        keys.origin_of(overlay, f"{each}{end}", position) for each in written for end in more
    )
    return max(origins, key=_newest)


def _newest(origin: Origin) -> tuple[int, int]:
    """Return the newest event that may be meant, 0 for none, and how many may be."""
    return max(origin.event or 0, *origin.one_of, 0), len(origin.one_of)


def _rules(
    reader: Reader, event: EnvironmentPromoted, position: int, made: ConfigDocument, key: str
) -> list[RuleOf] | None:
    """Return the rules that had a say; None for a promotion that does not carry its rules."""
    body = reader.log.body(bytes.fromhex(event.rules))
    if body is None:
        return None
    overlay, rules = profile_file(event.environment), []
    for rule in deciding(json.loads(body), made.values, parse_element_key(key)):
        origin = Origin(None)
        if rule.own:
            origin = _origin_of_rule(reader, event, position, rule.kind, rule.pattern, key)
        elif _has_domain(event.profile, rule):
            origin = reader.views.keys.origin_of("manifest", "domain", position)
        rules.append(
            RuleOf(
                place=overlay if rule.own else f"profile {event.profile}",
                own=rule.own,
                kind=rule.kind,
                key=rule.pattern,
                value=rule.value,
                edited=None if origin.event is None else _row(reader, origin.event),
            )
        )
    return rules


def _has_domain(profile: str, rule: Deciding) -> bool:
    """Return whether a rule of a shipped profile has the domain of the manifest in its value."""
    if profile not in builtin_names():
        return False
    (shipped,) = effective_profile(profile, None).layers
    return any(
        format_pattern(path) == rule.pattern and isinstance(value, str) and "{domain}" in value
        for path, value in shipped.set
    )


def _unknown(event: EnvironmentPromoted, made: ConfigDocument, key: str) -> RuleOf:
    """Return a stand-in for the rule that changed a value, as the first edition kept none."""
    place = f"profile {event.profile} or {profile_file(event.environment)}, as it was then"
    return RuleOf(place=place, own=False, kind="set", key=key, value=made.keys[key], edited=None)


def _running(reader: Reader, environment: str, key: str, ref: Ref | None) -> Iterator[Running]:
    for row in hosts_at(reader, moment_of_ref(reader, ref)):
        if row.environment == environment and row.running and row.revision:
            there = reader.views.states.position_of_revision(environment, row.revision)
            value, purged = _known(reader, _state(reader, environment, there), key)
            deployed = (row.since, row.actor, row.event, row.reason)
            yield Running(row.host, row.running, value, purged, *deployed)


def _known(reader: Reader, state: StateRow, key: str) -> tuple[str | None, bool]:
    """Return what a key was in a state, and whether that is unknown since it was purged."""
    try:
        return _values(reader, state).get(key), False
    except Purged:  # of the text: what its events changed may be known all the same
        keys, name, at = reader.views.keys, state.environment, state.position
        values = {row.key: row.value for row in keys.blame(name, key, at)}
        value = values.get(key)
        return value, value is None and (key in values or not keys.is_known(name, key, at))


def _row(reader: Reader, position: int) -> EventRow:
    row = reader.views.events.find(position)
    if row is None:
        raise IntegrityFailure(
            f"event #{position} is not in the views", hint="run `tetra-es verify`"
        )
    return row
