"""Plain values, walked and changed by key: what an editor makes its text say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.errors import UsageError
from tetra_es.toml.keys import Index, format_key

if TYPE_CHECKING:
    from tetra_es.toml.keys import KeyPath


def value_at(values: Any, path: KeyPath) -> Any:
    """Return the plain value of a key, table or element. Raises `KeyError` where there is none."""
    for part in path:
        if isinstance(part, Index):
            if not isinstance(values, list) or int(part) >= len(values):
                raise KeyError(part)
            values = values[int(part)]
        else:
            if not isinstance(values, dict):
                raise KeyError(part)
            values = values[part]
    return values


def nearest_path(values: Any, path: KeyPath) -> KeyPath:
    """Return the longest beginning of `path` that is there."""
    for depth in range(len(path), 0, -1):
        try:
            value_at(values, path[:depth])
        except KeyError:
            continue
        return path[:depth]
    return ()


def set_value(values: dict[str, Any], path: KeyPath, value: object, *, within: int = 0) -> None:
    """Set a key, or an element, of plain values; tables on the way are made where they lack.

    The element after the last one is added. Raises `UsageError` where something else is in the
    way, which names keys without their first `within` parts.
    """
    holder: Any = values
    for depth in range(1, len(path)):
        holder = _inner(holder, path, depth, within)
    _check_replaced(holder, path, within)
    part = path[-1]
    if not isinstance(part, Index):
        holder[part] = value
    elif int(part) == len(holder):
        holder.append(value)
    else:
        holder[int(part)] = value


def remove_value(values: dict[str, Any], path: KeyPath) -> None:
    """Remove a key or an element of plain values. Raises `KeyError` where there is none."""
    holder, part = value_at(values, path[:-1]), path[-1]
    value_at(holder, (part,))
    del holder[int(part) if isinstance(part, Index) else part]


def holds_tables(value: Any) -> bool:
    """Return whether a plain value is a table, or an array that has tables in it."""
    items = value if isinstance(value, list) else [value]
    return any(isinstance(item, dict) for item in items)


def copied(value: Any) -> Any:
    """Return a plain value with tables and arrays of its own."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def _inner(holder: Any, path: KeyPath, depth: int, within: int) -> Any:
    """Return what is at `path[:depth]`, in `holder`, and make it where it is missing."""
    part = path[depth - 1]
    _check_holder(holder, path, depth - 1, within)
    if isinstance(part, Index):
        if int(part) < len(holder):
            return holder[int(part)]
        holder.append({})
        return holder[-1]
    if part not in holder and isinstance(path[depth], Index):
        raise UsageError(
            f"there is no array {_name(path[:depth], within)}",
            hint="set it as a whole first: in [ and ], with commas between its elements",
        )
    return holder.setdefault(part, {})


def _check_holder(holder: Any, path: KeyPath, depth: int, within: int) -> None:
    """Raise `UsageError` where `path[depth]` cannot be in what is at `path[:depth]`."""
    name = _name(path[:depth], within)
    if isinstance(path[depth], Index):
        if not isinstance(holder, list):
            raise UsageError(
                f"{name} is not an array", hint="only elements of arrays have a number in brackets"
            )
        if int(path[depth]) > len(holder):
            raise UsageError(
                f"{name} has {len(holder)} elements: there is no {name}[{path[depth]}]",
                hint=f"the next one is {name}[{len(holder)}]; they are counted from 0",
            )
    elif isinstance(holder, list):
        raise UsageError(
            f"{name} is an array, not a table",
            hint=f"name one of its elements, such as {name}[0], or set it as a whole",
        )
    elif not isinstance(holder, dict):
        raise UsageError(f"{name} is a value, not a table", hint="unset it first, or edit the file")


def _check_replaced(holder: Any, path: KeyPath, within: int) -> None:
    """Raise `UsageError` where a value at `path` would take the place of tables, or be one."""
    _check_holder(holder, path, len(path) - 1, within)
    part, key = path[-1], _name(path, within)
    old = holder.get(part) if isinstance(holder, dict) else [*holder, None][int(part)]
    added = isinstance(holder, list) and int(part) == len(holder) and holds_tables(holder)
    if added or isinstance(old, dict):
        raise UsageError(
            f"{key} is a table, not a value",
            hint=f"set the keys in it, such as {key}.key=..., or edit the file",
        )
    if holds_tables(old):
        raise UsageError(
            f"{key} is an array of tables, not a value",
            hint=f"set the keys in them, such as {key}[0].key=..., or edit the file",
        )


def _name(path: KeyPath, within: int) -> str:
    return format_key(path[within:] or path)
