"""Whether one value is a secret: by its shape, by its key's name, or because it looks random."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from tetra_es.secret_scan.entropy import bits, has_random_part, looks_random
from tetra_es.secret_scan.patterns import exempt, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tetra_es.secret_scan.patterns import Shape

_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


_LONGEST = 4096
"""Characters that are compared with exceptions, whose patterns take time to the square of them."""


class Verdict(NamedTuple):
    """Why a value is taken for a secret."""

    rule: str
    reason: str
    secret: str
    """The part of the value that the rule means. Never to be shown."""
    at: int
    """Where in the value it begins."""


def shapes_for(texts: Iterable[str]) -> list[Shape]:
    """Return the shapes that may be in one of the texts: the others need not be looked for."""
    together = "\n".join(texts).lower()
    return [shape for shape in rules().shapes if any(word in together for word in shape.keywords)]


def judge(name: str, value: str, shapes: Sequence[Shape]) -> Verdict | None:
    """Return why the value of a key is a secret, None if it is not.

    `name` is the last part of the key; `shapes` are those to look for.
    """
    first = next(in_shapes(value, shapes), None)
    return first or _judge_by_name(name, value) or _judge_random(name, value)


def in_shapes(text: str, shapes: Sequence[Shape]) -> Iterator[Verdict]:
    """Yield the tokens of known kinds in a text, by kind."""
    lower = text.lower()
    for shape in shapes:
        if not any(word in lower for word in shape.keywords):
            continue
        for match in shape.regex.finditer(text):
            group = "secret" if match.groupdict().get("secret") else 0
            secret = match[group]
            if shape.random and bits(secret) < rules().random.token_bits:
                continue
            if not _is_exempt(secret, "shape"):
                yield Verdict(shape.name, shape.reason, secret, match.start(group))


def _judge_by_name(name: str, value: str) -> Verdict | None:
    kind = _kind_of(name)
    if kind is None or (kind == "token" and not _may_be_token(value)) or _is_exempt(value, "name"):
        return None
    return Verdict(kind, rules().names.reason, value, 0)


def _may_be_token(value: str) -> bool:
    limits = rules().random
    return (
        len(value) >= limits.token_length
        and not re.search(r"\s", value.strip())
        and bits(value) >= limits.token_bits
    )


def _judge_random(name: str, value: str) -> Verdict | None:
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
            return Verdict("random", limits.reason, match[0], match.start())
    return None


@lru_cache(maxsize=4096)
def _kind_of(name: str) -> Literal["password", "token"] | None:
    """Return what a key of this name holds, as far as the name says."""
    names = rules().names
    lower = name.lower()
    if not any(word in lower for word in names.keywords):
        return None
    words = _words(name)
    if words[-1] in names.harmless_last or names.harmless.intersection(words):
        return None
    joined = "_".join(words)
    if names.password.search(joined):
        return "password"
    return "token" if names.token.search(joined) else None


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD_BOUNDARY.split(name) if word] or [""]


def _is_exempt(value: str, kind: Literal["shape", "name", "random"]) -> bool:
    value = value[:_LONGEST]
    if exempt(kind, unless_random=False).fullmatch(value):
        return True
    if not exempt(kind, unless_random=True).fullmatch(value):
        return False
    return not has_random_part(value, rules().random)
