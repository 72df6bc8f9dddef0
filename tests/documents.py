"""Documents for tests, which mostly have texts."""

from __future__ import annotations

from tetra_es.toml.document import ConfigDocument


def document(text: str, name: str = "f") -> ConfigDocument:
    """Return a text as a document; `name` is what messages call it."""
    return ConfigDocument(name, text)
