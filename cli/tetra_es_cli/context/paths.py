"""Parameters that are paths or addresses. An empty one names nothing, not the current folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_EMPTY = "it is empty"


class FilePath(click.Path):
    """A path, as `pathlib` has it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(path_type=Path, **more)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        return super().convert(_filled(self, value, param, ctx), param, ctx)


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
