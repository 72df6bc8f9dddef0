"""What was recorded, and saying so where what follows from it fails."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tetra_es.events.base import Event


class Recorded(NamedTuple):
    """An event that a use case decided on. `position` is None in a dry run."""

    event: Event
    position: int | None


@contextmanager
def recorded_all_the_same(recorded: Iterable[Recorded]) -> Iterator[None]:
    """Say that events are recorded where what follows from them cannot be written.

    Raises `TetraEsError`, with the exit code of what failed.
    """
    try:
        yield
    except (TetraEsError, OSError) as error:
        failed = error if isinstance(error, TetraEsError) else _in_words(error)
        positions = ", ".join(f"#{one.position}" for one in recorded if one.position)
        problem = TetraEsError(
            f"recorded as {positions}, but not everything that follows from it could be written: "
            f"{failed.message}",
            hint=failed.hint or "fix that; the next command does the rest",
        )
        problem.exit_code = failed.exit_code
        raise problem from error


def _in_words(error: OSError) -> TetraEsError:
    where = f"{error.filename}: " if error.filename else ""
    return TetraEsError(
        f"{where}{error.strerror or error}", hint="check the path, its permissions and the space"
    )
