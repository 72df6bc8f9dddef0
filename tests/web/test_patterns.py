"""Patterns that strangers send: each takes time that is bounded, and finds what Python's would."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tetra_es.errors import UsageError
from tetra_es_web.patterns import matcher

if TYPE_CHECKING:
    from tests.web.service import Service

ALIKE = [
    *("peak", "first.*release", r"\(x\)", "[a-c]+", "^a|b$", r"a\+b\+", "(?:a|b){2,}", "(ab)+c"),
    *(r"\w+", r"\W", r"^\d+$", r"[^\d]", r"\s", r"[\s-]", r"\S+x", r"a\Z", "[]a]", "[^]a]", "[[a]"),
    *("a{,2}b", "ü", "É", r"[\w.]+@", "[a\\]b]", "[[:alpha:]]", "a|", ".", "(?P<n>a)b"),
]
TEXTS = [
    *("", "a", "ab", "abc", "aab", "a+b+", "(x)", "first good release", "PEAK", "über", "Ü", "é"),
    *("12", "٣", "a b", "a\tb", "a\x1cb", "\u2003", "x@y.z", "]", "[", "p]", ":", "-", "a\nb"),
]
ENDLESS = ["a?a?a?a?a*b", "(a*)*b", "(a|aa)+$", "(?:a?){50}a{50}b", ".*.*.*x", "(.*a){12}b"]
WRONG = [
    "(",
    "[a",
    "a{1,4294967295}{2}",
    "(?:(?:a{1,1000}){1,1000}){1,1000}",
    "*a",
    "\\",
    "x" * 201,
]
LEFT_OUT = [r"(a)\1", "(?=a)", "(?<!a)b", "(?P<n>a)(?P=n)"]


def of_python(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        return re.compile(pattern, re.IGNORECASE)


@pytest.mark.parametrize("pattern", ALIKE)
def test_a_pattern_finds_what_the_command_would(pattern: str) -> None:
    """The event pages and `tetra-es history --grep` give the same rows."""
    found = matcher(pattern)
    wanted = of_python(pattern)
    for text in TEXTS:
        assert bool(found(text)) == bool(wanted.search(text)), text


@given(st.text("ab[]^-\\wd{,2}|()*+?.$", max_size=8), st.text("ab1[]-^ é", max_size=8))
def test_any_pattern_finds_the_same_or_is_refused(pattern: str, text: str) -> None:
    try:
        found = matcher(pattern)
        wanted = of_python(pattern)
    except (UsageError, re.error):
        return
    assert bool(found(text)) == bool(wanted.search(text))


@pytest.mark.parametrize("pattern", ENDLESS)
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    """Python would go on with each of these for longer than anybody waits."""
    assert not matcher(pattern)("a" * 200_000 + "c")


@pytest.mark.parametrize("pattern", [*WRONG, *LEFT_OUT])
def test_other_patterns_are_refused(service: Service, pattern: str) -> None:
    for path in ("/api/v1/events", "/timeline"):
        assert service.ask(f"{path}?grep={quote(pattern)}").status == 400
    with pytest.raises(UsageError):
        matcher(pattern)
