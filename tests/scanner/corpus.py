"""Lines of TOML with a made-up secret, and lines without one, to measure the rules with.

Their author had not seen the rules when they were written. Half of the lines, by their hash, was
not looked at when rules were added: its figures are those to believe.

In the files a line is a text, `⏎` a line break in it. `¦` is left out: it keeps the services that
look for tokens from finding these.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.secret_scan.scan import scan_document
from tetra_es.toml.document import ConfigDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA = Path(__file__).parent / "data"


class Case(NamedTuple):
    """One text."""

    kind: str
    text: str
    secret: bool
    seen: bool
    """Whether it was looked at when rules were added."""

    @property
    def is_flagged(self) -> bool:
        """Whether the scanner objects to it."""
        return bool(scan_document(ConfigDocument("local.toml", self.text)))


class Figures(NamedTuple):
    """What came out, in texts."""

    secrets: int
    others: int
    missed: int
    false_alarms: int

    @property
    def precision(self) -> float:
        """Which share of what was found are secrets."""
        found = self.secrets - self.missed
        return found / (found + self.false_alarms)

    @property
    def recall(self) -> float:
        """Which share of the secrets was found."""
        return 1 - self.missed / self.secrets

    def __str__(self) -> str:
        """Return the cells of a row of Markdown."""
        counts = " | ".join(map(str, self))
        return f"{counts} | {self.precision:.1%} | {self.recall:.1%} |"


def cases() -> Iterator[Case]:
    """Yield all texts."""
    for name in ("secrets", "others"):
        kind = ""
        for line in (_DATA / f"{name}.txt").read_text("utf-8").splitlines():
            if line.startswith("## "):
                kind = line[3:]
            elif line:
                text = line.replace("¦", "").replace("⏎", "\n") + "\n"
                seen = hashlib.sha256(line.encode()).digest()[0] % 2 == 0
                yield Case(kind, text, name == "secrets", seen)


def measure(chosen: list[Case]) -> Figures:
    """Return the figures for some texts."""
    secrets = [case for case in chosen if case.secret]
    others = [case for case in chosen if not case.secret]
    return Figures(
        len(secrets),
        len(others),
        sum(not case.is_flagged for case in secrets),
        sum(case.is_flagged for case in others),
    )
