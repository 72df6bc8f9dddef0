"""Whether one value is a secret: a known token, by its key's name, or because it looks random."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from tetra_es.secret_scan.entropy import bits, has_random_part, looks_random
from tetra_es.secret_scan.patterns import exempt, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tetra_es.secret_scan.patterns import Detector

_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")


_Kind: TypeAlias = Literal["password", "token", "key", "header", "user", "pin"]

_RULES: Final[Mapping[_Kind, str]] = {
    "password": "password",
    "token": "token",
    "key": "token",
    "header": "password",
    "user": "password",
    "pin": "password",
}

_LONGEST = 4096
"""Characters that are compared with exceptions, whose patterns take time to the square of them."""


class Detection(NamedTuple):
    """Why a value is taken for a secret."""

    rule: str
    reason: str
    secret: str
    """The part of the value that the rule means. Never to be shown."""
    at: int
    """Where in the value it begins."""


def detectors_for(texts: Iterable[str]) -> list[Detector]:
    """Return the detectors that may be in one of the texts: the others need not be looked for."""
    together = "\n".join(texts).lower()
    return [
        detector
        for detector in rules().detectors
        if any(word in together for word in detector.keywords)
    ]


def detect(
    name: str, value: str, detectors: Sequence[Detector], tables: Sequence[str] = ()
) -> Detection | None:
    """Return why the value of a key is a secret, None if it is not.

    `name` is the last part of the key, `tables` are those before; `detectors` those to look for.
    """
    first = next(detections_in(value, detectors), None)
    return first or detect_by_name(name, value, tables) or _detect_random(name, value)


def detections_in(text: str, detectors: Sequence[Detector]) -> Iterator[Detection]:
    """Yield the tokens of known kinds in a text, by kind."""
    lower = text.lower()
    for detector in detectors:
        if not any(word in lower for word in detector.keywords):
            continue
        for match in detector.regex.finditer(text):
            group = "secret" if match.groupdict().get("secret") else 0
            secret = match[group]
            if detector.random and bits(secret) < rules().random.token_bits:
                continue
            if not _is_exempt(secret, "detector"):
                yield Detection(detector.name, detector.reason, secret, match.start(group))


def detect_by_name(name: str, value: str, tables: Sequence[str] = ()) -> Detection | None:
    """Return why the value of a key is a secret by what the key, or a table, is called."""
    kind = _kind_of(name) or _kind_in(tuple(tables), name)
    names = rules().names
    if kind is None or _is_exempt(value, "name") or _holds_texts(tables, value):
        return None
    if kind in ("header", "user"):
        pattern = names.credentials if kind == "header" else names.user
        match = re.fullmatch(pattern, value)
        if match is None or _is_exempt(match["secret"], "name"):
            return None
    if kind == "pin" and not re.fullmatch(names.pin, value):
        return None
    if kind == "key" and re.fullmatch(names.words, value):
        return None
    if kind in ("token", "key") and not _may_be_token(value):
        return None
    return Detection(_RULES[kind], names.reason, value, 0)


def _may_be_token(value: str) -> bool:
    limits = rules().random
    return (
        len(value) >= limits.token_length
        and not re.search(r"\s", value.strip())
        and bits(value) >= limits.token_bits
    )


def _detect_random(name: str, value: str) -> Detection | None:
    limits, names = rules().random, rules().names
    if len(value) < limits.hinted_length:
        return None
    words = _words(name)
    hinted = words[-1] not in names.harmless_last and names.hint.fullmatch("_".join(words))
    for match in limits.regex.finditer(value):
        if not looks_random(match[0], limits, hinted=bool(hinted)):
            continue
        if names.digests.intersection(words) or names.harmless.intersection(words):
            return None
        if not _is_exempt(value, "random") and not _is_exempt(match[0], "random"):
            return Detection("random", limits.reason, match[0], match.start())
    return None


@lru_cache(maxsize=4096)
def _kind_of(name: str) -> _Kind | None:
    """Return what a key of this name holds, as far as the name says."""
    names = rules().names
    lower = name.lower()
    if not any(word in lower for word in names.keywords):
        return None
    if re.fullmatch(names.headers, "_".join(_words(name))):
        return "header"
    if re.fullmatch(names.users, "_".join(_words(name))):
        return "user"
    words = _words(name)
    if words[-1] in names.harmless_last or names.harmless.intersection(words):
        return None
    joined = "_".join(words)
    if names.password.search(joined):
        return "password"
    if names.token.search(joined):
        return "token"
    if names.code.search(joined):
        return "pin"
    return "key" if names.key.search(joined) else None


@lru_cache(maxsize=4096)
def _kind_in(tables: tuple[str, ...], name: str) -> _Kind | None:
    """Return what a key holds by the names of the tables that it is in.

    A name further below than in the table itself may also be what something is called.
    """
    names, words = rules().names, _words(name)
    if not tables or words[-1] in names.harmless_last or names.harmless.intersection(words):
        return None
    named = [names.table.fullmatch("_".join(_words(table))) is not None for table in tables]
    if named[-1]:
        return "password"
    return "key" if any(named) else None


def _holds_texts(tables: Sequence[str], value: str) -> bool:
    """Return whether it is a text for people: of letters, in a table of translations."""
    return not re.search(r"\d", value) and any(
        re.fullmatch(rules().names.texts, table.lower()) for table in tables
    )


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD_BOUNDARY.split(name) if word] or [""]


def _is_exempt(value: str, kind: Literal["detector", "name", "random"]) -> bool:
    value = value[:_LONGEST]
    if exempt(kind, unless_random=False).fullmatch(value):
        return True
    if not exempt(kind, unless_random=True).fullmatch(value):
        return False
    return not has_random_part(value, rules().random)
