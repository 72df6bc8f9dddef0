"""What commands print, before anybody has chosen a format."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class Listing(NamedTuple):
    """Rows of the same kind: a table for people."""

    rows: Sequence[Mapping[str, Any]]
    """Values by column, as programs get them."""
    columns: Sequence[str]
    """The columns of a table."""
    empty: str = ""
    """What a person is told where there is no row."""
    csv_columns: Sequence[str] = ()
    """The columns of a CSV file, by default those of the table."""
    cells: Mapping[str, Callable[[Any], Any]] = MappingProxyType({})
    """Column to a function that shortens its values for the table."""


class Report(NamedTuple):
    """One thing: lines for people, a JSON value for programs."""

    value: Any
    lines: Iterable[str]


Model: TypeAlias = Listing | Report
