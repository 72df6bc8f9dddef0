"""Lines end where TOML, git and `patch` end them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tetra_es.lines import lines_of


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n", [""]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\n\n", ["a", ""]),
        ('x = "a\u2028b\u2029c\x85d"\n', ['x = "a\u2028b\u2029c\x85d"']),
    ],
)
def test_no_line_ends_in_a_value(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines


@given(st.text("a\n\r\u2028\x0c"))
def test_with_their_ends_they_are_the_text(text: str) -> None:
    lines = lines_of(text, ends=True)
    assert "".join(lines) == text
    assert all(line.count("\n") == line.endswith("\n") for line in lines)
