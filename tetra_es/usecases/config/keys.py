"""Keys of a TOML file as people type them."""

from __future__ import annotations

from tetra_es.errors import UsageError
from tetra_es.toml.keys import format_key, parse_element_key


def canonical_key(key: str) -> str:
    """Return a key as changes and findings write it, however it was quoted.

    Anything but a key is returned as it is.
    """
    try:
        return format_key(parse_element_key(key))
    except UsageError:
        return key
