"""Where the values of an environment, of the manifest or of a profile come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.purged import check_is_known
from tetra_es_projections.queries.refs import moment_of, position_of
from tetra_es_projections.queries.states import text_at
from tetra_es_projections.queries.written import Texts

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.key_table import BlameRow


def blame_rows(
    reader: Reader, file: str, key: str | None = None, ref: Ref | None = None
) -> list[BlameRow]:
    """Return, for each key of an environment, of `manifest` or of `profile ENV`, its value and the
    event that gave it.

    With `ref`, as it was there; with `key`, only that key and those below it. Secrets are
    `secret NAME`, with their version for a value. Raises `UsageError` for an unknown environment,
    `TetraEsError` for an unknown key, and where the file has no state.
    """
    upto = _upto(reader, file, ref)
    texts = Texts(reader)
    rows = [texts.given(row, file, upto) for row in reader.views.keys.blame(file, key, upto)]
    for row in reader.views.keys.blame(f"secrets {file}", upto=upto):
        named = row._replace(key=f"secret {row.key}")
        if key is None or key in (row.key, named.key):
            rows.append(named)
    if (key is None or not rows) and all(row.value is not None for row in rows):
        check_is_known(reader, file, key, upto)  # else a row says that not all is
    if key is not None and not rows:
        raise TetraEsError(
            f"{file} has no key {key}" + (" there" if ref else ""),
            hint=f"`tetra-es blame {file}` lists its keys",
        )
    return rows


def _upto(reader: Reader, file: str, ref: Ref | None) -> int | None:
    """Return the last position that counts; None for all of them."""
    if file != "manifest" and not file.startswith("profile "):
        require_environment(reader, file)
        return None if ref is None else moment_of(reader.views, ref, file)
    text_at(reader, file, ref)  # which says what is wrong with a file that has no state
    return None if ref is None else position_of(reader.views, ref, file)
