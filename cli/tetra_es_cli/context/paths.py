"""Parameters that are paths or addresses. An empty one names nothing, not the current folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

_EMPTY = "it is empty"
ADDRESS_FOR_FILE = "it is an address; save what is there as a file first"


def is_address(text: str) -> bool:
    """Return whether a text is an address: as a path it would have one slash for the two."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


class FilePath(click.Path):
    """A path, as `pathlib` has it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(path_type=Path, **more)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        value = _filled(self, value, param, ctx)
        if isinstance(value, str) and is_address(value):
            self.fail(ADDRESS_FOR_FILE, param, ctx)
        return super().convert(value, param, ctx)


class AddressType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """A path or an address, as it is typed."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return it."""
        return _filled(self, value, param, ctx)


ADDRESS = AddressType()


def _filled(
    kind: click.ParamType,  # type: ignore[type-arg]  # as above
    value: Any,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> Any:
    if value == "":
        kind.fail(_EMPTY, param, ctx)
    return value
