"""Change keys of a document; every other byte of its text stays.

tomlkit changes the one statement that a key is in, which keeps its quotes, its comment and what
else is in an inline table. It is not given whole documents to change: it puts new keys after the
comments of the next table, drops those comments with a removed table, and cannot add to tables
made by dotted keys. Whatever was done, the text that comes out must hold exactly the values that
were wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.errors import ConfigError, TetraEsError
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.body import Body
from tetra_es.toml.edit.plain_values import (
    copied,
    nearest_path,
    remove_value,
    set_value,
    value_at,
)
from tetra_es.toml.edit.statement_values import holds, with_value, without_value
from tetra_es.toml.flatten import same_values
from tetra_es.toml.keys import Index
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.toml.keys import KeyPath
    from tetra_es.toml.statements import Statement


class Editor:
    """One document, being changed."""

    def __init__(self, document: ConfigDocument) -> None:
        """Begin with a document, which stays as it is. Raises `ConfigError`."""
        self._path = document.path
        self.values: dict[str, Any] = copied(document.values)
        """The plain values, as changed so far."""
        self._body = Body(document)

    def set(
        self, path: KeyPath, value: object, *, within: int = 0, literal: str | None = None
    ) -> None:
        """Set a key, or an element of an array; tables on the way are made where they lack.

        `literal` is how the value is to be written. Raises `UsageError` where there is a value on
        the way, or a table at the end, which names keys without their first `within` parts.
        """
        near = nearest_path(self.values, path[:-1])
        set_value(self.values, path, value, within=within)
        statement = self._body.with_key(path)
        if statement:
            self._rewrite(statement, with_value, path, value, literal)
        else:
            self._body.add(path, literal or value_literal(value), near)

    def put(self, path: KeyPath, value: object, text: str) -> None:
        """Set a key by a statement of another document, whose text is taken as it is.

        Raises `KeyError` where the key is in an array or an inline table here.
        """
        if any(isinstance(part, Index) for part in path):
            raise KeyError(path[-1])
        near = nearest_path(self.values, path[:-1])
        table: Any = self.values
        for part in path[:-1]:
            if not isinstance(table, dict):
                raise KeyError(part)
            table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise KeyError(path[-1])
        table[path[-1]] = copied(value)
        if self._body.with_key(path) is None:
            self._body.add(path, value_literal(value), near)
        statement = self._body.with_key(path)
        if statement is None or statement.path != path:
            raise KeyError(path[-1])
        line_end = statement.text[len(statement.text.rstrip("\r\n")) :]
        self._body.rewrite(statement, text.rstrip("\r\n") + line_end)

    def remove(self, path: KeyPath) -> None:
        """Remove a key, a table or an element, and the tables around it that nothing else makes.

        Raises `KeyError` where there is none.
        """
        remove_value(self.values, path)
        statement = self._body.with_key(path)
        if statement and statement.path != path:
            self._rewrite(statement, without_value, path)
            return
        self._body.remove(path)
        if isinstance(path[-1], Index):  # those after it have other numbers now
            self._body = Body(ConfigDocument(self._path, self._body.text()))
        while (path := path[:-1]) and not self.at(path) and not self._body.mentions(path):
            remove_value(self.values, path)

    def has(self, path: KeyPath) -> bool:
        """Return whether there is a key, a table or an element."""
        return nearest_path(self.values, path) == path

    def at(self, path: KeyPath) -> Any:
        """Return the plain value of a key or table. Raises `KeyError` where there is none."""
        return value_at(self.values, path)

    def document(self, path: str | None = None, *, above: str = "") -> ConfigDocument:
        """Return the changed document, called `path`, with the comments `above` at its top.

        Raises `TetraEsError` rather than return one that does not hold what was wanted.
        """
        document = ConfigDocument(path or self._path, above + self._body.text())
        try:
            right = same_values(self.values, document.values)
        except ConfigError as error:
            if isinstance(error.__cause__, RecursionError):
                raise  # it holds what was wanted, and that is nested too deep
            right = False
        if not right:
            raise self._refusal()
        return document

    def _rewrite(self, statement: Statement, change: Callable[..., str], *given: Any) -> None:
        """Change a statement's text; `self.values` have what it must hold then."""
        wanted = self.at(statement.path)
        try:
            text = change(statement, *given)
            if not holds(text, statement, wanted):
                # tomlkit leaves commas behind where dotted keys are taken from inline tables.
                text = with_value(statement, statement.path, wanted)
        except ConfigError as error:
            raise self._refusal() from error
        self._body.rewrite(statement, text)

    def _refusal(self) -> TetraEsError:
        return TetraEsError(
            f"{self._path} cannot be changed without disturbing the rest of it",
            hint="change it in the file itself",
        )
