"""Two texts beside each other, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.line_diff import unified
from tetra_es.lines import lines_of
from tetra_es_cli.output.emit import style

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


def diff_lines(texts: tuple[str, str], names: tuple[str, str], *, color: bool) -> Iterator[str]:
    """Yield a unified diff, as git prints it, with the ends of its lines."""
    before, after = (lines_of(text, ends=True) for text in texts)
    for line in unified(before, after, names):
        shade = _COLORS.get(line[0])
        yield style(line, wanted=color, fg=shade) if shade else line
        if not line.endswith("\n"):
            yield "\n\\ no newline at the end\n"
