"""A profile's rules, read from TOML.

    extends = "staging"                  (overlays) the built-in profile below this one
    create = ["environment"]             tables to make where the source of truth lacks them
    remove = ["debug", "services.*.x"]   keys and tables to leave out
    [set]                                "logging.level" = "warn", or as tables: [set.logging]
    [append]                             "services.*.command" = " --env dev", or
                                         { text = " --env dev", unless_false = "env_flag" }

`*` stands for one part of a key. Rules are applied in the order remove, set, append.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.errors import ConfigError, UsageError
from tetra_es.schema.near import did_you_mean
from tetra_es.schema.rule import ANY
from tetra_es.toml.keys import KeyPath, format_key, parse_key
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tetra_es.toml.document import ConfigDocument

_STAR = re.compile(r"(?:(?<=\.)|^)\*(?=\.|$)")
_STAND_IN = "any-part-of-a-key"


@dataclass(frozen=True)
class Append:
    """Text to add at the end of a string."""

    path: KeyPath
    text: str
    unless_false: str | None
    """A key beside it; where that is false, nothing is added."""


@dataclass(frozen=True)
class Rules:
    """One layer of a profile."""

    set: tuple[tuple[KeyPath, Any], ...]
    append: tuple[Append, ...]
    remove: tuple[KeyPath, ...]
    create: tuple[KeyPath, ...]
    always_create: bool
    """Whether `set` makes any table that is missing: an organization's own rules do."""
    written: tuple[tuple[KeyPath, str], ...] = ()
    """How an overlay writes numbers and times that `set` gives, where that is not canonical."""

    def plain(self) -> dict[str, Any]:
        """Return what the rules say, as JSON for the digest of a profile.

        Digests are stored with promotions. A kind of rule that is added later is left out where
        there is no such rule, so that older digests stay.
        """
        return {
            "set": [[format_pattern(path), value_literal(value)] for path, value in self.set],
            "append": [[format_pattern(a.path), a.text, a.unless_false] for a in self.append],
            "remove": [format_pattern(path) for path in self.remove],
            "create": [format_pattern(path) for path in self.create],
            "always_create": self.always_create,
        }


@dataclass(frozen=True)
class Profile:
    """What generates an environment."""

    name: str
    """Of the built-in profile."""
    layers: tuple[Rules, ...]
    """The built-in rules, then the organization's, which have the last word."""
    digest: str
    """SHA-256 of the rules as canonical JSON, hexadecimal."""


@lru_cache(maxsize=16)
def read_rules(document: ConfigDocument, *, overlay: bool) -> tuple[Rules, str | None]:
    """Return the rules in a profile's TOML, and what it extends.

    Raises `ConfigError` with line and key where it is not a profile.
    """
    values = document.values
    for problem in _form_problems(document, overlay=overlay):
        raise problem
    leaves = list(_leaves((), values.get("set", {}), ("set",), document))
    rules = Rules(
        set=tuple((path, value) for path, value, _ in leaves),
        append=tuple(_appends((), values.get("append", {}), ("append",), document)),
        remove=tuple(_patterns(values.get("remove", []), "remove", document)),
        create=tuple(_patterns(values.get("create", []), "create", document)),
        always_create=overlay,
        written=tuple(_as_written(leaves, document)) if overlay else (),
    )
    return rules, values.get("extends")


def overlay_problems(document: ConfigDocument) -> Iterator[ConfigError]:
    """Yield all that is wrong with an overlay's form. Raises `ConfigError` where it is not TOML."""
    wrong = list(_form_problems(document, overlay=True))
    yield from wrong
    unusable = {problem.key for problem in wrong}
    values = {key: value for key, value in document.values.items() if key not in unusable}
    pieces: list[Callable[[], Iterator[object]]] = [
        partial(read, (), {key: value}, (table,), document)
        for table, read in (("set", _leaves), ("append", _appends))
        for key, value in values.get(table, {}).items()
    ]
    pieces += [
        partial(_patterns, [item], table, document)
        for table in ("remove", "create")
        for item in values.get(table, [])
    ]
    for piece in pieces:
        try:
            list(piece())
        except ConfigError as error:
            yield error


def _form_problems(document: ConfigDocument, *, overlay: bool) -> Iterator[ConfigError]:
    known = {"set": dict, "append": dict, "remove": list, "create": list}
    known |= {"extends": str} if overlay else {}
    for key, value in document.values.items():
        if key not in known:
            hint = f"{did_you_mean(key, known)}known are {', '.join(known)}"
            yield document.wrong((key,), "is not known here", hint)
        elif not isinstance(value, known[key]):
            what = f"must be a {_KIND[known[key]]}"
            yield document.wrong((key,), what, "`tetra-es profile show dev` shows one")


class RuleLocation(NamedTuple):
    """Where a rule is written."""

    pattern: KeyPath
    """The key that it is about."""
    key: KeyPath
    """Its own key in the profile's TOML."""


def rule_for(document: ConfigDocument, key: KeyPath) -> RuleLocation | None:
    """Return the rule of a profile that has the last word on the value at `key`, if one has."""
    for table in ("append", "set"):
        rules = _leaves((), document.values.get(table, {}), (table,), document)
        for pattern, _, at in reversed(list(rules)):
            if len(pattern) >= len(key) and all(
                part in (ANY, other) for part, other in zip(pattern, key, strict=False)
            ):
                return RuleLocation(pattern, at)
    return None


def own_rules(document: ConfigDocument, table: str) -> Iterator[tuple[KeyPath, KeyPath]]:
    """Yield the keys that the rules of a table are for, and where each rule is, the last first."""
    leaves = list(_leaves((), document.values.get(table, {}), (table,), document))
    for pattern, _, at in reversed(leaves):
        yield pattern, at


def pattern_in_file(path: KeyPath) -> KeyPath:
    """Return the keys that a rule is for, given its own key below its table."""
    return tuple(part for each in path for part in parse_pattern(each))


_KIND = {dict: "table", list: "list", str: "string"}


def parse_pattern(text: str) -> KeyPath:
    """Return the parts of a dotted key that may have `*` for a part. Raises `UsageError`."""
    try:
        path = parse_key(_STAR.sub(_STAND_IN, text))
    except UsageError:
        raise UsageError(
            f"not a key: {text!r}",
            hint="a key is such as ports.tetra; a part with blanks has quotes of its own: "
            "\"hosts.'a b'.port\"",
        ) from None
    return tuple(ANY if part == _STAND_IN else part for part in path)


def format_pattern(path: KeyPath) -> str:
    """Return the dotted key of a pattern; the inverse of `parse_pattern`."""
    return ".".join(ANY if part == ANY else format_key((part,)) for part in path)


def _pattern(text: str, at: KeyPath, document: ConfigDocument) -> KeyPath:
    """Return a pattern that is written at the key `at` of the profile."""
    try:
        return parse_pattern(text)
    except UsageError as error:
        raise document.wrong(at, error.message, error.hint or "") from error


def _patterns(items: list[Any], key: str, document: ConfigDocument) -> Iterator[KeyPath]:
    for item in items:
        if not isinstance(item, str):
            raise document.wrong((key,), "must be a list of keys in quotes", 'such as ["debug"]')
        yield _pattern(item, (key,), document)


def _leaves(
    above: KeyPath, table: dict[str, Any], at: KeyPath, document: ConfigDocument
) -> Iterator[tuple[KeyPath, Any, KeyPath]]:
    """Yield the keys below a table of rules with their values, and where each is written."""
    for key, value in table.items():
        path = (*above, *_pattern(key, (*at, key), document))
        if isinstance(value, dict):
            yield from _leaves(path, value, (*at, key), document)
        else:
            yield path, value, (*at, key)


def _as_written(
    leaves: Sequence[tuple[KeyPath, Any, KeyPath]], document: ConfigDocument
) -> Iterator[tuple[KeyPath, str]]:
    for path, value, at in leaves:
        if not isinstance(value, (str, list, bool)):
            literal = value_literal(value)
            if (text := document.written.get(format_key(at), literal)) != literal:
                yield path, text


def _appends(
    above: KeyPath, table: dict[str, Any], at: KeyPath, document: ConfigDocument
) -> Iterator[Append]:
    for key, value in table.items():
        path = (*above, *_pattern(key, (*at, key), document))
        if isinstance(value, str):
            yield Append(path, value, None)
        elif isinstance(value, dict) and "text" not in value:
            yield from _appends(path, value, (*at, key), document)
        elif isinstance(value, dict) and _is_conditional(value):
            yield Append(path, value["text"], value.get("unless_false"))
        else:
            raise document.wrong(
                (*at, key), "must be a string", 'such as "services.*.command" = " --verbose"'
            )


def _is_conditional(value: dict[str, Any]) -> bool:
    return set(value) <= {"text", "unless_false"} and all(
        isinstance(item, str) for item in value.values()
    )
