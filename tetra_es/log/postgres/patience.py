"""A connection that does not wait for ever. This module needs psycopg, and is imported late."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Any

from psycopg import Connection, OperationalError

from tetra_es.log.postgres.limits import SILENCE

if TYPE_CHECKING:
    from collections.abc import Generator


# It tells of what is told below, such as of a cancelled query.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class Patient(Connection[Any]):
    """Gives up on a server that stays silent: a frozen one keeps its connections."""

    silence = SILENCE
    """Seconds without a byte that it waits."""
    gave_up = False
    """Whether it did not wait any longer."""

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        """Wait for what is asked. Raises `OperationalError` where nothing comes."""
        return super().wait(self._limited(gen), *args, **options)

    def _limited(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        heard = monotonic()
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if ready:
                    heard = monotonic()
                elif monotonic() - heard > self.silence:
                    self.gave_up = True
                    raise OperationalError(f"no answer for {self.silence:.0f} seconds")
                wanted = steps.send(ready)
        except StopIteration as stop:
            return stop.value
