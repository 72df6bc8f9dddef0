"""Whether one word is most likely a slip for another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORDS = re.compile(r"[_-]")
_WORD_IS_NEAR = 0.75
_WHOLE_IS_NEAR = 0.9


def nearest(key: str, known: Iterable[str]) -> str | None:
    """Return the known key that `key` is most likely meant to be; None where it is like none.

    Each word must be near for itself: `memory_min` is as good a key as `memory_max`.
    """
    found = max(((_nearness(key, other), other) for other in known), default=(0.0, ""))
    return found[1] if found[0] else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question that begins a hint; nothing where a word is near none of those `known`.

    Short names count as near sooner than keys: `dve` is meant to be `dev`.
    """
    from difflib import get_close_matches  # for an error alone

    near = get_close_matches(word, [*known], n=1)
    return f"did you mean {near[0]}? " if near else ""


def _nearness(key: str, other: str) -> float:
    """Return how near two keys are, from 0, which is not near, to 1, which is nearly the same."""
    one, two = (_WORDS.split(each.lower()) for each in (key, other))
    whole = _ratio("".join(one), "".join(two))
    if whole >= _WHOLE_IS_NEAR and len(one) != len(two):
        return whole
    words = len(one) == len(two) and all(
        _ratio(word, meant) >= _WORD_IS_NEAR for word, meant in zip(one, two, strict=True)
    )
    return whole if words else 0.0


def _ratio(one: str, two: str) -> float:
    from difflib import SequenceMatcher  # few keys are neither known nor recorded before

    return SequenceMatcher(None, one, two, autojunk=False).ratio()
