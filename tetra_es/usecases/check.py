"""What `doctor` finds."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Check(NamedTuple):
    """One finding."""

    name: str
    result: Literal["ok", "warning", "failed"]
    what: str
    remedy: str = ""
