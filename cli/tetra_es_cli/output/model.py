"""What commands print, before anybody has chosen a format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Listing:
    """Rows of the same kind: a table for people."""

    rows: Sequence[Mapping[str, Any]]
    """Values by column, as programs get them."""
    columns: Sequence[str]
    """The columns of a table."""
    empty: str = ""
    """What a person is told where there is no row."""
    csv_columns: Sequence[str] = ()
    """The columns of a CSV file, by default those of the table."""
    cells: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Column to a function that shortens its values for the table."""


@dataclass(frozen=True)
class Report:
    """One thing: lines for people, a JSON value for programs."""

    value: Any
    lines: Iterable[str]


Model: TypeAlias = Listing | Report
