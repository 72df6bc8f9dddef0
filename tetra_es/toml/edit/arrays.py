"""Arrays as they are written: an element is changed, the lines and comments around it stay."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from tetra_es.toml.keys import QUOTED
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'
    rf"|{QUOTED}|(?P<gap>[ \t\r\n]+|#[^\n]*)|(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<comma>,)"
    r"|[^\"'#\[\]{},\s]+",
    re.DOTALL,
)
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")
_OWN_LINE = re.compile(r"\r?\n[ \t]*\Z")


@dataclass(frozen=True)
class Element:
    """One element with what is written around it."""

    lead: str
    """What stands before it, comments on lines of their own included."""
    text: str
    gap: str
    """What stands between it and its comma."""
    tail: str
    """The rest of its line, after the comma."""

    @property
    def literal(self) -> str:
        """The canonical literal of its value."""
        return value_literal(tomllib.loads(f"value = {self.text}")["value"])


@dataclass(frozen=True)
class ArrayText:
    """The text of an array: `[`, elements, and what stands after them up to its `]`."""

    elements: tuple[Element, ...]
    end: str
    comma: bool
    """Whether there is a comma after the last element."""

    def __str__(self) -> str:
        return f"[{''.join(self._texts())}{self.end}]"

    def with_text(self, index: int, text: str) -> ArrayText:
        """Return the array with one element written as `text`, or with that one more."""
        one = self.elements
        if index == len(one):
            new = Element(self._lead_beside(len(one)), text, "", "")
            return replace(self, elements=(*one, new))
        changed = replace(one[index], text=text)
        return replace(self, elements=(*one[:index], changed, *one[index + 1 :]))

    def without(self, index: int) -> ArrayText:
        """Return the array without an element; comments on lines of their own stay."""
        gone, rest = self.elements[index], self.elements[index + 1 :]
        kept = _OWN_LINE.sub("", gone.lead) if "#" in gone.lead else ""
        end = self.end
        if rest:
            # The first one on a line leaves that to the next.
            lead = kept + rest[0].lead if kept or "\n" in rest[0].lead else gone.lead
            rest = (replace(rest[0], lead=lead), *rest[1:])
        else:
            end = kept + end
        return replace(self, elements=(*self.elements[:index], *rest), end=end)

    def with_elements(self, new: ArrayText) -> ArrayText:
        """Return the array with the elements of another; those that are in both stay as written."""
        before, after = ([each.literal for each in one.elements] for one in (self, new))
        array, at = self, 0
        steps = SequenceMatcher(None, before, after, False).get_opcodes()
        moved = {
            before[n]: self.elements[n]
            for _, i1, i2, j1, j2 in steps
            for n in range(i1 + min(i2 - i1, j2 - j1), i2)
        }
        for _, i1, i2, j1, j2 in steps:
            same = before[i1:i2] == after[j1:j2]
            common = min(i2 - i1, j2 - j1)
            for n in range(common):
                if not same or _is_respelled(self.elements[i1 + n], new.elements[j1 + n]):
                    array = array.with_text(at + n, new.elements[j1 + n].text)
            for _ in range(i2 - i1 - common):
                array = array.without(at + common)
            for n in range(common, j2 - j1):
                added = moved.get(after[j1 + n], new.elements[j1 + n])
                array = array.inserted(at + n, added.text, added.tail)
            at += j2 - j1
        return array

    def inserted(self, at: int, text: str, tail: str) -> ArrayText:
        """Return the array with one element more, and `tail` for the rest of its line."""
        new = Element(self._lead_beside(at), text, "", tail)
        return replace(self, elements=(*self.elements[:at], new, *self.elements[at:]))

    def _lead_beside(self, at: int) -> str:
        """Return what a new element has before it: as its neighbours have it, without comments."""
        for each in (*reversed(self.elements[:at]), *self.elements[at:]):
            if own := _OWN_LINE.search(each.lead):
                return own[0]
        return " " if at else ""

    def _texts(self) -> Iterator[str]:
        for each in self.elements:
            comma = "," if self.comma or each is not self.elements[-1] else ""
            yield f"{each.lead}{each.text}{each.gap}{comma}{each.tail}"


def read_array(text: str) -> ArrayText:
    """Return the array that a valid literal writes."""
    elements: list[Element] = []
    at, comma = 1, False
    while True:
        start = _skip(text, at, _is_gap)
        if text[start] == "]":
            return ArrayText(tuple(elements), text[at:start], comma)
        end = _element_end(text, start)
        after = _skip(text, end, _is_gap)
        comma = text[after] == ","
        gap = text[end:after] if comma else ""
        line = _REST_OF_LINE.match(text, after + 1 if comma else end)
        tail = line[0] if line else ""
        elements.append(Element(text[at:start], text[start:end], gap, tail))
        at = (after + 1 if comma else end) + len(tail)


def _is_respelled(old: Element, new: Element) -> bool:
    """Return whether the same value is written otherwise, which says nothing of a string."""
    return old.text != new.text and old.text[0] not in "\"'[{"


def _is_gap(match: re.Match[str]) -> bool:
    return match.lastgroup == "gap"


def _skip(text: str, at: int, skips: Callable[[re.Match[str]], bool]) -> int:
    while (match := _TOKEN.match(text, at)) and skips(match):
        at = match.end()
    return at


def _element_end(text: str, at: int) -> int:
    depth, end = 0, at
    while match := _TOKEN.match(text, at):
        kind = match.lastgroup
        if depth == 0 and kind in ("comma", "close"):
            break
        depth += (kind == "open") - (kind == "close")
        at = match.end()
        if kind != "gap":  # there is one in a date with a time
            end = at
    return end
