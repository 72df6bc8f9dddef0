"""What commands print, before anybody has chosen a format."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias


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
    below: str = ""
    """The field of a row that has rows of its own, which a table and CSV show below it."""
    note: str = ""
    """What a person is told beside all of it."""


class Report(NamedTuple):
    """One thing: lines for people, a JSON value for programs."""

    value: Any
    lines: Iterable[str]


Model: TypeAlias = Listing | Report
